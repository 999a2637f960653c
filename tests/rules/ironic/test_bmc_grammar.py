"""What the operator's own code answered, and what is made of it.

Answers of baremetal-operator 0.11.2's ``bmc.NewAccessDetails`` to these addresses, each as protocol, host and port;
None where it refused.
"""

from __future__ import annotations

import pytest

from dualstack.address.bmc import bare_address, parse_bmc
from dualstack.document.findings import At
from dualstack.rules.ironic.bmc_addresses import bmc_address
from tests.rules.cases import tell
from tests.rules.ironic.test_bmc_addresses import SYSTEM, V4, bmcs, machine
from tests.sites import found, mapping

OPERATOR: dict[str, tuple[str, str, str] | None] = {
    "192.168.1.1": ("ipmi", "192.168.1.1", ""),
    "192.168.1.1:623": ("ipmi", "192.168.1.1", "623"),
    "bmc-1.example.com": ("ipmi", "bmc-1.example.com", ""),
    "bmc-1.example.com:623": None,
    "bmc-1": ("ipmi", "bmc-1", ""),
    "[fd00:200::11]": None,
    "[fd00:200::11]:623": ("ipmi", "fd00:200::11", "623"),
    "fd00:200::11": None,
    "::1": None,
    "1::2": None,
    "abcd::1": None,
    "redfish:192.168.1.1": ("redfish", "192.168.1.1", ""),
    "redfish:192.168.1.1/redfish/v1/Systems/1": ("redfish", "192.168.1.1", ""),
    "redfish:bmc.example.com": ("redfish", "bmc.example.com", ""),
    "redfish:bmc.example.com/redfish/v1/Systems/1": ("redfish", "bmc.example.com", ""),
    "redfish:bmc.example.com:8443/redfish/v1/Systems/1": ("redfish", "bmc.example.com", "8443"),
    "redfish:[fd00::1]/redfish/v1/Systems/1": ("redfish", "fd00::1", ""),
    "redfish:[fd00::1]": ("redfish", "fd00::1", ""),
    "redfish-virtualmedia:192.168.1.1/redfish/v1/Systems/1": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia:/192.168.1.1/redfish/v1/Systems/1": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia:/bmc.example.com/redfish/v1/Systems/1": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia:///192.168.1.1/redfish/v1/Systems/1": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia://192.168.1.1/redfish/v1/Systems/1": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia+http://192.168.1.1:8000/redfish/v1/Systems/1": (
        "redfish-virtualmedia+http",
        "192.168.1.1",
        "8000",
    ),
    "redfish-virtualmedia+https://192.168.1.1/redfish/v1/Systems/1": ("redfish-virtualmedia+https", "192.168.1.1", ""),
    "redfish-virtualmedia+ftp://192.168.1.1/redfish/v1/Systems/1": None,
    "redfish-virtualmedia+http:192.168.1.1/x": ("redfish-virtualmedia+http", "192.168.1.1", ""),
    "REDFISH-VIRTUALMEDIA://192.168.1.1/x": ("redfish-virtualmedia", "192.168.1.1", ""),
    "Redfish+HTTPS://192.168.1.1/x": ("redfish+https", "192.168.1.1", ""),
    "redfish-virtualmedia://[::ffff:192.0.2.1]/redfish/v1/Systems/1": ("redfish-virtualmedia", "::ffff:192.0.2.1", ""),
    "redfish-virtualmedia://[fd00:200::11]:443/redfish/v1/Systems/1": ("redfish-virtualmedia", "fd00:200::11", "443"),
    "redfish-virtualmedia://fd00:200::11/redfish/v1/Systems/1": None,
    "redfish-virtualmedia://[fe80::1%25eth0]/x": None,
    "redfish-virtualmedia://[fe80::1%eth0]/x": None,
    "redfish-virtualmedia://user:pw@192.168.1.1/x": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia:": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia": ("ipmi", "redfish-virtualmedia", ""),
    "redfish-virtualmedia:///redfish/v1/Systems/1": ("redfish-virtualmedia", "", ""),
    "redfish-virtualmedia://192.168.1.1:99999/x": ("redfish-virtualmedia", "192.168.1.1", "99999"),
    "redfish-virtualmedia://192.168.1.1:0/x": ("redfish-virtualmedia", "192.168.1.1", "0"),
    "redfish-virtualmedia://192.168.1.1:/x": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://192.168.1.1:abc/x": None,
    "redfish-virtualmedia://bmc_1.example.com/x": None,
    "redfish-virtualmedia://-bmc.example.com/x": None,
    "redfish-virtualmedia://bmc-.example.com/x": None,
    "redfish-virtualmedia://bmc.example.com./x": None,
    "redfish-virtualmedia://bmc..example.com/x": None,
    "redfish-virtualmedia://abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd.example.com/x": None,
    "redfish-virtualmedia://abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc.example.com/x": (
        "redfish-virtualmedia",
        "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc.example.com",
        "",
    ),
    "redfish-virtualmedia://192.168.1.256/x": ("redfish-virtualmedia", "192.168.1.256", ""),
    "redfish-virtualmedia://192.168.01.1/x": ("redfish-virtualmedia", "192.168.01.1", ""),
    "redfish-virtualmedia://1234/x": ("redfish-virtualmedia", "1234", ""),
    "redfish-virtualmedia://bmc%41.example.com/x": None,
    "redfish-virtualmedia://192.168.1.1": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://192.168.1.1?x=1": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://192.168.1.1#x": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://192.168.1.1/a b": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://192.168.1.1/a%zz": None,
    "redfish-virtualmedia://192.168.1.1 /x": None,
    "redfish-virtualmedia://192.168.1.1/x ": ("redfish-virtualmedia", "192.168.1.1", ""),
    "redfish-virtualmedia://[192.168.1.1]/x": None,
    "redfish-virtualmedia://[bmc.example.com]/x": None,
    "redfish-virtualmedia://[fd00::1/x": None,
    "redfish-virtualmedia://[fd00::1]x/x": None,
    "redfish-virtualmedia://[fd00::1]443/x": None,
    "redfish-virtualmedia://[fd00::zz]/x": None,
    "redfish-virtualmedia://bücher.example/x": None,
    "ipmi://192.168.1.1": ("ipmi", "192.168.1.1", ""),
    "ipmi://192.168.1.1:623": ("ipmi", "192.168.1.1", "623"),
    "ipmi://192.168.1.1:6230?privilegelevel=USER": ("ipmi", "192.168.1.1", "6230"),
    "ipmi:192.168.1.1": ("ipmi", "192.168.1.1", ""),
    "ipmi:192.168.1.1:623": ("ipmi", "192.168.1.1", "623"),
    "ipmi+http://192.168.1.1": None,
    "libvirt://192.168.122.1:6233/": ("libvirt", "192.168.122.1", "6233"),
    "libvirt+http://1.2.3.4/": None,
    "idrac://192.168.1.1": None,
    "idrac+https://1.2.3.4/": None,
    "idrac-redfish://192.168.1.1/redfish/v1/Systems/System.Embedded.1": ("idrac-redfish", "192.168.1.1", ""),
    "idrac-virtualmedia://192.168.1.1/redfish/v1/Systems/System.Embedded.1": ("idrac-virtualmedia", "192.168.1.1", ""),
    "idrac-virtualmedia+https://192.168.1.1/redfish/v1/Systems/System.Embedded.1": (
        "idrac-virtualmedia+https",
        "192.168.1.1",
        "",
    ),
    "ilo4://1.2.3.4": ("ilo4", "1.2.3.4", ""),
    "ilo4+https://1.2.3.4": ("ilo4+https", "1.2.3.4", ""),
    "ilo4+http://1.2.3.4": None,
    "ilo4-virtualmedia://1.2.3.4": ("ilo4-virtualmedia", "1.2.3.4", ""),
    "ilo5://1.2.3.4": ("ilo5", "1.2.3.4", ""),
    "ilo5+https://1.2.3.4": ("ilo5+https", "1.2.3.4", ""),
    "ilo5-redfish://1.2.3.4/x": ("ilo5-redfish", "1.2.3.4", ""),
    "ilo5-virtualmedia://1.2.3.4/x": ("ilo5-virtualmedia", "1.2.3.4", ""),
    "irmc://1.2.3.4": ("irmc", "1.2.3.4", ""),
    "irmc+https://1.2.3.4": None,
    "redfish-uefihttp://1.2.3.4/x": ("redfish-uefihttp", "1.2.3.4", ""),
    "redfish-uefihttp+http://1.2.3.4/x": ("redfish-uefihttp+http", "1.2.3.4", ""),
    "redfish-https://1.2.3.4/x": None,
    "redfish+ftp://1.2.3.4/x": None,
    "http://1.2.3.4/x": None,
    "https://1.2.3.4/redfish/v1": None,
    "foo://1.2.3.4/x": None,
    "1.2.3.4/redfish/v1/Systems/1": ("ipmi", "1.2.3.4", ""),
    "bmc.example.com/redfish": ("ipmi", "bmc.example.com", ""),
    "/redfish/v1": ("ipmi", "", ""),
    "//1.2.3.4/x": None,
    "//bmc.example.com": None,
    "bmc.example.com:623/x": None,
    "bmc.example.com:abc": None,
    "192.168.1.1:abc": None,
    "192.168.1.1:99999": ("ipmi", "192.168.1.1", "99999"),
    "user@1.2.3.4": ("ipmi", "1.2.3.4", ""),
    "foo:bar": None,
    "redfish": ("ipmi", "redfish", ""),
    "redfish:": ("redfish", "", ""),
    "redfish:8443": ("redfish", "8443", ""),
    "ipmi": ("ipmi", "ipmi", ""),
    ":623": ("ipmi", "", "623"),
    "[fd00::1]:abc": None,
    "[bmc]:623": ("ipmi", "bmc", "623"),
    "a_b": None,
    "a b": None,
    "-x": None,
    "%41": None,
    "1.2.3.4?x=1": ("ipmi", "1.2.3.4", ""),
}
UNREACHABLE = {"", "192.168.1.256", "192.168.01.1", "1234", "8443"}
"""Hosts that the operator takes: none at all, and names of numbers, which nothing resolves."""
NO_PORTS = {"99999", "0"}


@pytest.mark.parametrize("address", OPERATOR)
def test_the_operators_grammar(address: str) -> None:
    answer, parsed = OPERATOR[address], parse_bmc(address)
    in_brackets = address == "[bmc]:623"  # which the operator takes without looking
    if answer is None or answer[1] in UNREACHABLE or answer[2] in NO_PORTS or in_brackets:
        assert parsed.problem
        assert [item.rule.id[:5] for item in bmc_address(At((), address))] == ["DS076"]
    else:
        assert (parsed.problem, parsed.url_scheme or "ipmi", parsed.host, parsed.port) == ("", *answer)


@pytest.mark.parametrize("address", OPERATOR)
def test_a_fix_that_names_an_address_mends_it(address: str) -> None:
    for finding in bmc_address(At((), address)):
        if "://" in finding.fix:
            whole = finding.fix.split("://", 1)[0].split()[-1] + "://" + finding.fix.split("://", 1)[1]
            assert [item for item in bmc_address(At((), whole)) if item.rule.id[:5] != "DS068"] == []


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        (f"redfish-virtualmedia:/192.168.200.11{SYSTEM}", f"write {V4}"),
        (f"redfish-virtualmedia:///192.168.200.11{SYSTEM}", f"write {V4}"),
        ("redfish-virtualmedia:/bmc.example.com", f"write redfish-virtualmedia://bmc.example.com{SYSTEM}"),
        (f"redfish-virtualmedia:/[fd00:200::11]:444{SYSTEM}", f"write redfish-virtualmedia://[fd00:200::11]:444{SYSTEM}"),
        (f"redfish-virtualmedia+ftp://192.168.200.11{SYSTEM}", f"write {V4}"),
        ("bmc-1.example.com:623", f"write redfish-virtualmedia://bmc-1.example.com{SYSTEM}"),
    ],
)  # fmt: skip
def test_what_is_meant(address: str, fix: str) -> None:
    assert tell(bmcs(machine(address)), "DS076") == ("error", "provisioning.bmcs[0].address", fix)


def test_an_ipv4_mapped_bmc_is_told_to_be_written_as_ipv4() -> None:
    data = bmcs(machine(f"redfish-virtualmedia+http://[::ffff:192.168.200.11]:8000{SYSTEM}"))
    fix = f"write redfish-virtualmedia+http://192.168.200.11:8000{SYSTEM}"
    assert tell(data, "DS011") == ("error", "provisioning.bmcs[0].address", fix)


def test_no_slashes_are_what_the_operator_takes() -> None:
    data = bmcs(machine(f"redfish-virtualmedia:192.168.200.11{SYSTEM}"))
    assert [*found(data, "DS076"), *found(data, "DS077")] == []


@pytest.mark.parametrize(("release", "count"), [("3.4", 0), ("3.5", 0), ("3.6", 1)])
def test_what_only_older_operators_know(release: str, count: int) -> None:
    data = mapping(release=release, provisioning={"bmcs": [machine("ilo4-virtualmedia://192.168.200.11")]})
    assert len(found(data, "DS076")) == count


@pytest.mark.parametrize("slashes", ["", "/", "//", "///"])
def test_a_login_is_never_shown(slashes: str) -> None:
    text = f"redfish:{slashes}admin:sesame@192.168.200.11{SYSTEM}"
    assert bare_address(text) == f"redfish:{slashes}192.168.200.11{SYSTEM}"
    shown = [f"{item.message} {item.fix}" for item in bmc_address(At((), text))]
    assert "sesame" not in " ".join(shown)
    assert found(bmcs(machine(text)), "DS102")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("redfish-virtualmedia//10.9.0.1/x", "write redfish-virtualmedia://10.9.0.1/x"),
        ("redfish-virtualmedia+http//10.9.0.1/x", "write redfish-virtualmedia+http://10.9.0.1/x"),
        ("redfish-virtualmedia://10.9.0.1/x ", "write redfish-virtualmedia://10.9.0.1/x"),
        ("virtualmedia://10.9.0.1/x", "write redfish-virtualmedia://10.9.0.1/x"),
        ("redfish-virtualmedia://127.0.0.1/x", "write the address of the BMC"),
        ("redfish-virtualmedia://[::1]/x", "write the address of the BMC"),
        ("redfish-virtualmedia://localhost/x", "write the address of the BMC"),
        ("redfish://LocalHost:8443/redfish/v1/Systems/1", "write the address of the BMC"),
        ("redfish-virtualmedia://bmc.localhost/x", "write the address of the BMC"),
        ("redfish-virtualmedia://localhost.localdomain/x", "write the address of the BMC"),
        ("redfish-virtualmedia://0.0.0.0/x", "write the address of the BMC"),
    ],
)
def test_slips_in_an_address(text: str, fix: str) -> None:
    (finding,) = bmc_address(At(("a",), text))
    assert (finding.rule.id[:5], finding.severity, finding.fix) == ("DS076", "error", fix)


def test_a_protocol_without_its_colon_is_no_ipmi() -> None:
    assert found(mapping(provisioning={"bmcs": [{"name": "a", "address": "redfish//10.9.0.1/x"}]}), "DS077") == []
