"""Lists in server.yaml in another form than comma-joined text: judged like the text, with the whole text to write."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.address.parsing import AddressError, parse_address, parse_interface, parse_prefix
from dualstack.document.findings import Severity
from dualstack.document.fixes import write
from tests.sites import checked, found, mapping

PODS6 = "fd12:4567:789b::/48"
SERVICES = "10.96.0.0/12,fd12:4567:789c::/112"


def server(key: str, value: Any) -> dict[str, Any]:
    return mapping(cluster={"server": {key: value}})


def errors(data: dict[str, Any]) -> list[str]:
    return [f.rule.id.split("-")[0] for f in checked(data).findings if f.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("key", "value", "told", "whole"),
    [
        ("cluster-cidr", ["10.1.0.0/16"], {"DS023"}, f"10.1.0.0/16,{PODS6}"),
        ("service-cidr", ["10.1.0.0/16"], {"DS023"}, "10.1.0.0/16,fd12:4567:789c::/112"),
        ("cluster-cidr", ["fd12::/48", "10.42.0.0/16"], {"DS024"}, "10.42.0.0/16,fd12::/48"),
        ("cluster-cidr", ["10.1.0.0/16", "10.2.0.0/16"], {"DS022"}, f"10.1.0.0/16,{PODS6}"),
        ("cluster-cidr", ["10.96.0.0/16", "fd00:9::/56"], {"DS012"}, f"10.42.0.0/16,{PODS6}"),
        ("service-cidr", ["10.42.0.0/16", "fd00:9::/112"], {"DS012"}, SERVICES),
        ("cluster-cidr", ["10.42.0.0/16", "fd00::/32"], {"DS035"}, f"10.42.0.0/16,{PODS6}"),
        ("service-cidr", ["10.1.0.0/30", "fd00:9::/112"], {"DS038"}, SERVICES),
        ("cluster-cidr", ["10.1.0.1/16", "fd00:9::/56"], {"DS014"}, "10.1.0.0/16,fd00:9::/56"),
        ("service-cidr", ["garbage"], {"DS010"}, SERVICES),
        ("service-cidr", ["10.1.0.0/16", "garbage"], {"DS010"}, "10.1.0.0/16,fd12:4567:789c::/112"),
        ("node-ip", ["fd00:100::10", "192.168.100.10"], {"DS024"}, "192.168.100.10,fd00:100::10"),
        ("node-ip", ["192.168.100.10"], {"DS028"}, "192.168.100.10,fd00:100::10"),
        ("advertise-address", ["192.168.100.10"], {"DS185"}, "192.168.100.10"),
    ],
)
def test_a_yaml_list_is_judged_like_the_text(key: str, value: list[str], told: set[str], whole: str) -> None:
    data = server(key, value)
    assert set(errors(data)) == told
    (form,) = found(data, "DS020")
    assert (form.severity, form.fix) == (Severity.WARNING, str(write(whole)))
    assert errors(server(key, whole)) == []
    assert found(server(key, whole), "DS020") == []


def test_spaces_and_the_wrong_order_get_one_text_to_write() -> None:
    data = server("cluster-cidr", "fd12::/48, 10.42.0.0/16")
    fixes = {f.fix for number in ("DS020", "DS024", "DS025") for f in found(data, number)}
    assert fixes == {'write "10.42.0.0/16,fd12::/48"'}


def test_a_good_list_is_said_to_replace_nothing() -> None:
    assert found(server("service-cidr", SERVICES.split(",")), "DS100") == []


def test_two_dns_addresses_are_to_be_removed() -> None:
    data = server("cluster-dns", ["10.96.0.10", "fd12:4567:789c::a"])
    assert {f.fix for number in ("DS020", "DS113") for f in found(data, number)} == {"remove it"}


@pytest.mark.parametrize("text", ["garbage", "", "10.0", "a/b", "fd00::g"])
def test_no_fix_is_made_of_what_is_no_address(text: str) -> None:
    for parse in (parse_interface, parse_prefix, parse_address):
        with pytest.raises(AddressError) as caught:
            parse(text)
        assert "such as" in str(caught.value.fix) or "as in" in str(caught.value.fix)
        assert not text or str(write(text)) not in str(caught.value.fix)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("[fd00:100::10]/64", "write fd00:100::10/64"),
        ("[fd00:100::10]", "write fd00:100::10"),
        ("010.0.0.1/24", "write 10.0.0.1/24"),
        ("fd00:100::10%eth0/64", "write fd00:100::10/64"),
        ("fd00:100::10", "write fd00:100::10/64 or what fits"),
    ],
)
def test_an_address_with_a_wrong_length_keeps_what_is_right(text: str, fix: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_interface(text)
    assert str(caught.value.fix) == fix


def test_no_address_is_made_of_a_network() -> None:
    with pytest.raises(AddressError) as caught:
        parse_address("10.0.0.0/8")
    assert str(caught.value.fix) == "write one address of it, without /8"
