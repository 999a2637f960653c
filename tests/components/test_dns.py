"""DNS records: one resource for a name with both families, one for each pointer."""

from __future__ import annotations

import importlib
from typing import Any, get_args

import pytest

from components.dns import BACKENDS
from dualstack.day2 import Setting
from dualstack.offline import SECRET
from dualstack.site.dns import BACKENDS as MEANINGS
from dualstack.site.dns import DnsBackend
from tests import sites
from tests.components.support import rfc2136_site, run

ANSWERS = "dualstack:dns:Answers"
RECORDS, POINTER = "dualstack:dns:RecordSet", "dualstack:dns:Pointer"
REVERSE6 = "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa"


@pytest.mark.parametrize("preview", [True, False])
def test_a_name_has_both_families_in_one_resource(preview: bool) -> None:
    both = run(rfc2136_site(), preview=preview).of_type(RECORDS)

    assert [item.inputs["record"] for item in both] == [sites.FQDN, "rancher.paris.example.com"]
    for item in both:
        assert item.inputs == {
            "record": item.inputs["record"],
            "zone": "paris.example.com",
            "ipv4": ["192.168.100.10"],
            "ipv6": ["fd00:100::10"],
            "ttl": 600,
            "server": {
                "address": "192.168.100.53",
                "port": 53,
                "key": {"name": "site-key", "algorithm": "hmac-sha512", "secret": SECRET},
            },
        }


def test_pointers_go_to_their_own_zones_and_servers() -> None:
    pointers = {item.inputs["record"]: item.inputs for item in run(rfc2136_site()).of_type(POINTER)}

    assert set(pointers) == {"10.100.168.192.in-addr.arpa", REVERSE6}
    assert pointers["10.100.168.192.in-addr.arpa"]["server"]["port"] == 5353
    six = pointers[REVERSE6]
    assert six["target"] == sites.FQDN
    assert six["zone"] == "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa"
    assert six["server"] == {"address": "fd00:100::55", "port": 53}


def test_pointers_may_be_off() -> None:
    site = rfc2136_site()
    site["dns"]["pointers"] = False

    assert not run(site).of_type(POINTER)


def test_resources_are_named_after_their_records() -> None:
    names = [item.name for item in run(rfc2136_site()).resources if item.type in (RECORDS, POINTER)]

    assert names == [
        f"management-dns-{sites.FQDN}",
        "management-dns-rancher.paris.example.com",
        "management-dns-10.100.168.192.in-addr.arpa",
        f"management-dns-{REVERSE6}",
    ]


@pytest.mark.parametrize("backend", ["none", "existing"])
def test_other_backends_write_nothing_and_still_tell_the_records(backend: str) -> None:
    site: dict[str, Any] = sites.mapping("hostname")
    site["dns"]["backend"] = backend
    recording = run(site)

    assert not recording.of_type(RECORDS) + recording.of_type(POINTER)
    component = recording.one("dualstack:index:ManagementDns")
    assert component.inputs["backend"] == backend
    assert [item["type"] for item in component.inputs["records"]] == ["A", "AAAA", "PTR", "PTR"]


@pytest.mark.parametrize("preview", [True, False])
def test_records_of_others_are_asked_for_before_anybody_waits(preview: bool) -> None:
    site = sites.mapping(
        "hostname", dns={"check": {"resolvers": ["FD00:53::1"], "port": 5353, "timeout": 9}, "ttl": 60}
    )
    site["rancher"] = {"hostname": "rancher.paris.example.com"}
    recording = run(site, preview=preview)
    first, second = recording.of_type(ANSWERS)

    assert first.inputs == {
        "record": sites.FQDN,
        "ipv4": ["192.168.100.10"],
        "ipv6": ["fd00:100::10"],
        "ttl": 60,
        "pointers": ["10.100.168.192.in-addr.arpa", REVERSE6],
        "resolvers": ["fd00:53::1"],
        "port": 5353,
        "timeout": 9,
    }
    assert (second.inputs["record"], second.inputs["pointers"]) == ("rancher.paris.example.com", [])
    assert {first.urn, second.urn} <= set(recording.one("dualstack:host:Ready").depends_on)


def test_written_records_come_before_the_wait_too() -> None:
    recording = run(rfc2136_site())
    written = {one.urn for one in recording.of_type(RECORDS)}

    assert written <= set(recording.one("dualstack:host:Ready").depends_on)


def test_the_nodes_resolvers_are_asked_where_no_others_are_named() -> None:
    (one, *_) = run(sites.mapping("hostname")).of_type(ANSWERS)

    assert one.inputs["resolvers"] == ["192.168.100.53", "fd00:100::53"]


def test_a_recording_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the environment lets previews go online: check, plan and diff need no network."""
    monkeypatch.setenv("DUALSTACK_ONLINE", "1")
    monkeypatch.setattr("provider.dns.answers.ask_all", None)

    assert run(sites.mapping("hostname")).of_type(ANSWERS)


def test_every_backend_has_its_meaning_and_its_maker() -> None:
    assert set(MEANINGS) == set(get_args(DnsBackend))
    assert set(BACKENDS) == {name for name, keeper in MEANINGS.items() if keeper.who in ("up", "others")}
    for place in BACKENDS.values():
        module, _, function = place.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("backend", [*MEANINGS, "gone", 3])
def test_what_a_backend_means_is_known_to_day_two(backend: Any) -> None:
    keeper = Setting("paris", {"dns": {"backend": backend}}).keeper

    assert keeper == MEANINGS.get(backend, MEANINGS["existing"])
