from __future__ import annotations

import pytest

from tests.rules.cases import changed, one, tell
from tests.sites import FQDN, found, mapping, put, told


@pytest.mark.parametrize(
    ("mode", "name", "rule", "fix"),
    [
        ("hostname", f"rancher-{FQDN}.sslip.io", "DS088", f"set rancher.hostname to auto (it is {FQDN} then)"),
        ("address", "rancher-mgmt.sslip.io", "DS088", "set rancher.hostname to dual"),
        ("address", "rancher.192.168.100.99.sslip.io", "DS089", "set rancher.hostname to dual"),
        ("address", "192-168-100-10.fd00-100--99.sslip.io", "DS089", "set rancher.hostname to dual"),
        ("address", "rancher-192-168-100-10-fd00-100--10.sslip.io", "DS089", "set rancher.hostname to dual"),
        ("address", "fd00-100-0-0-0-0-0-10.sslip.io", "DS089", "set rancher.hostname to dual"),
    ],
)
def test_names_that_lead_elsewhere(mode: str, name: str, rule: str, fix: str) -> None:
    data = changed(mode, (name, "rancher", "hostname"))
    assert tell(data, rule) == ("error", "rancher.hostname", fix)
    assert told(put(data, "auto" if mode == "hostname" else "dual", "rancher", "hostname")) == []


@pytest.mark.parametrize("name", ["auto", "192-168-100-10.sslip.io", "fd00-100--10.sslip.io", "192.168.100.10.nip.io"])
def test_names_of_one_family(name: str) -> None:
    data = changed("address", (name, "rancher", "hostname"))
    assert tell(data, "DS090") == ("warning", "rancher.hostname", "set rancher.hostname to dual")
    assert told(put(data, "dual", "rancher", "hostname")) == []


def test_an_override_is_to_blame() -> None:
    data = changed("address", ("rancher-192.168.100.10.sslip.io", "charts", "rancher", "values", "hostname"))
    severity, path, fix = tell(data, "DS090")
    assert (severity, path) == ("warning", "charts.rancher.values.hostname")
    assert fix == "remove charts.rancher.values.hostname and set rancher.hostname to dual"
    empty = changed("address", ("", "charts", "rancher", "values", "hostname"))
    assert tell(empty, "DS088")[1:] == ("charts.rancher.values.hostname", "remove charts.rancher.values.hostname")


def test_an_address_that_nobody_states() -> None:
    data = changed("address", ({"dhcp": True}, "nodes", 0, "interfaces", 0, "ipv4"))
    finding = one(data, "DS088")
    assert finding.path == ("nodes", 0, "interfaces", 0, "ipv4", "reservation")
    assert finding.fix.endswith("then set rancher.hostname to dual")


@pytest.mark.parametrize(
    ("mode", "name"), [("hostname", "auto"), ("address", "dual"), ("address", "rancher.example.com")]
)
def test_good_names(mode: str, name: str) -> None:
    assert told(changed(mode, (name, "rancher", "hostname"))) == []


def test_without_rancher_nobody_asks() -> None:
    data = changed("address", ({"enabled": False}, "charts", "rancher"), ({"enabled": False}, "charts", "turtles"))
    for rule in ("DS088", "DS089", "DS090"):
        assert found(data, rule) == []
    assert found(mapping("hostname"), "DS088") == []


def test_a_host_name_that_is_a_list_is_shown_as_one() -> None:
    finding = found(mapping(charts={"rancher": {"values": {"hostname": ["a"]}}}), "DS080")[0]
    assert "('a',)" not in finding.message
