"""Names of Ironic under sslip.io, and that the records of other names may be somebody else's."""

from __future__ import annotations

import pytest

from dualstack.document.frozen import dig
from tests.rules.cases import Change, changed, one, tell
from tests.sites import FQDN, checked, found, mapping, put, told

ETH0 = ("nodes", 0, "interfaces", 0)
HOSTNAME = ("provisioning", "hostname")
OVER = ("charts", "metal3", "values", "global", "provisioningHostname")
GOOD = "ironic.192-168-100-10.fd00-100--10.sslip.io"
FIX = f"write {GOOD}, or an FQDN of your own with A and AAAA"
DHCP: list[Change] = [({"dhcp": True}, *ETH0, "ipv4"), ({"dhcp": True, "autoconf": True}, *ETH0, "ipv6")]


@pytest.mark.parametrize(
    ("name", "rule", "count"),
    [
        ("ironic.10-1-1-1.fd00--9.sslip.io", "DS145", 2),
        ("ironic.10-1-1-1.fd00-100--10.nip.io", "DS145", 1),
        ("ironic.192-168-100-10.sslip.io", "DS083", 1),
        ("ironic.fd00-100--10.sslip.io", "DS083", 1),
        ("ironic.example.sslip.io", "DS144", 1),
        ("ironic.example.nip.io", "DS144", 1),
    ],
)
@pytest.mark.parametrize("path", [HOSTNAME, OVER, ("provisioning", "externalHttpHost")])
def test_names_of_sslip_are_judged(name: str, rule: str, count: int, path: tuple[str, ...]) -> None:
    data = changed("hostname", (name, *path))
    findings = found(data, rule)
    assert [(f.path, str(f.severity), f.fix) for f in findings] == [(path, "error", FIX)] * count
    assert found(put(data, GOOD, *path), rule) == []


def test_a_good_one_is_clean_and_has_no_records() -> None:
    data = changed("hostname", (GOOD, *HOSTNAME))
    assert told(data) == []
    made = checked(data).plan
    assert made is not None
    assert made.dns == ()


def test_where_the_address_is_not_known_a_name_of_ones_own_is_proposed() -> None:
    data = changed("hostname", ("ironic.example.sslip.io", *HOSTNAME), *DHCP)
    assert tell(data, "DS144") == ("error", "provisioning.hostname", "write an FQDN of your own with A and AAAA")
    assert found(changed("hostname", ("ironic.10-1-1-1.fd00--9.sslip.io", *HOSTNAME), *DHCP), "DS145") == []


def test_address_mode_needs_one_family_of_the_image_host() -> None:
    path = ("provisioning", "externalHttpHost")
    assert found(changed("address", ("192-168-100-10.sslip.io", *path)), "DS083") == []
    assert len(found(changed("address", ("10-1-1-1.sslip.io", *path)), "DS145")) == 1


def test_the_fix_for_rancher_does_not_lead_back() -> None:
    data = changed(
        "hostname", ("ironic.example.sslip.io", *HOSTNAME), ("rancher.example.sslip.io", "rancher", "hostname")
    )
    assert tell(data, "DS088") == ("error", "rancher.hostname", "set rancher.hostname to dual")
    auto = changed("hostname", ("ironic.example.sslip.io", *HOSTNAME))
    assert found(auto, "DS088") == found(auto, "DS089") == found(auto, "DS090") == []


def test_the_guides_second_variant_is_possible() -> None:
    data = changed("hostname", *DHCP)
    findings = [f for f in checked(data).findings if f.severity != "info"]
    assert [(f.rule.id[:5], str(f.severity)) for f in findings] == [("DS083", "warning")] * 2
    assert {f.message.split(" of ")[0] for f in findings} == {
        "dualstack cannot check or show the A record",
        "dualstack cannot check or show the AAAA record",
    }
    data["rules"] = {"DS083": {"severity": "info", "because": "IPAM gives addresses and records"}}
    assert told(data) == []
    made = checked(data).plan
    assert made is not None
    assert dig(made.values("metal3"), "global", "provisioningHostname") == FQDN


@pytest.mark.parametrize(("backend", "severity"), [("existing", "warning"), ("none", "warning"), ("rfc2136", "error")])
def test_records_that_dualstack_writes_want_addresses(backend: str, severity: str) -> None:
    data = changed("hostname", DHCP[1], (backend, "dns", "backend"))
    assert one(data, "DS083").severity == severity
    assert found(mapping("hostname"), "DS083") == []
