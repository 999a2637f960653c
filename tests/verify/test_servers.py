"""Servers on loopback stand for a site's: silent where all is well, and each fault is found by its own check."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.verify.endpoints import endpoints
from dualstack.verify.model import Kind, Word
from tests.lab import api
from tests.sites import FQDN
from tests.verify.lab import V4, V6, failed, plan, results, serving

SERVERS = ("api", "supervisor", "rancher", "ironic", "images")


def test_a_healthy_site_is_silent() -> None:
    with serving() as lab:
        found = results(plan(), lab.way(), *SERVERS)

    assert {one.word for one in found} == {Word.OK}
    assert {(one.kind, one.family) for one in found} == {
        (kind, family) for kind in Kind if kind.value in SERVERS for family in ("ipv4", "ipv6")
    }


NAMES, DATES = "certificate: names", "certificate: dates"


@pytest.mark.parametrize(
    ("port", "kind", "fault", "asked"),
    [
        (6443, Kind.API, {"dead": True}, "HTTPS, GET /readyz"),
        (6443, Kind.API, {"answer": api.NOT_READY}, "HTTPS, GET /readyz"),
        (6443, Kind.API, {"pem": api.certificate((V4,), names=("other.example",), days=300)}, NAMES),
        (6443, Kind.API, {"pem": api.certificate((V4, V6), names=("ironic.paris.example.com",), days=-1)}, DATES),
        (9345, Kind.SUPERVISOR, {"tls": False}, "HTTPS, GET /cacerts"),
        (9345, Kind.SUPERVISOR, {"answer": b"HTTP/1.1 404 Not Found\r\n\r\n"}, "HTTPS, GET /cacerts"),
        (443, Kind.RANCHER, {"answer": b"HTTP/1.1 404 Not Found\r\n\r\n"}, "HTTPS, GET /ping"),
        (443, Kind.RANCHER, {"pem": api.certificate((V4, V6), names=("other.example",), days=300)}, NAMES),
        (6385, Kind.IRONIC, {"answer": b"HTTP/1.1 503 Service Unavailable\r\n\r\n"}, "HTTPS, GET /"),
        (6385, Kind.IRONIC, {"pem": api.certificate((V4, V6), names=("other.example",), days=300)}, NAMES),
        (6180, Kind.IMAGES, {"answer": b""}, "HTTP, GET /"),
        (6180, Kind.IMAGES, {"dead": True}, "HTTP, GET /"),
    ],
)
def test_a_fault_of_one_family_is_found_by_its_own_check(
    port: int, kind: Kind, fault: dict[str, Any], asked: str
) -> None:
    with serving({(V6, port): fault}) as lab:
        found = results(plan(), lab.way(), *SERVERS)

    assert failed(found) == {(kind, f"[{V6}]:{port}", asked)}
    told = next(one for one in found if one.word is Word.FAILED)
    assert told.consequence
    assert told.fix


def test_a_certificate_that_a_restart_renews_is_fine_and_told() -> None:
    with serving({(V4, 6443): {"pem": api.certificate((V4, V6), names=("ironic.paris.example.com",), days=30)}}) as lab:
        found = results(plan(), lab.way(), "api", "ipv4")

    (dates,) = [one for one in found if one.asked == DATES]
    assert dates.word is Word.OK
    assert "restart rke2-server" in dates.seen


def test_virtual_media_over_tls_is_asked_beside_the_plain_port() -> None:
    found = plan(provisioning={"hostname": FQDN, "vmediaTls": True})

    images = {(one.at, one.tls, one.holds) for one in endpoints(found) if one.kind is Kind.IMAGES and one.tls}

    assert images == {(f"{V4}:6185", True, (FQDN,)), (f"[{V6}]:6185", True, (FQDN,))}
    plain = {one.at for one in endpoints(found) if one.kind is Kind.IMAGES and not one.tls}
    assert plain == {f"{V4}:6180", f"[{V6}]:6180"}
