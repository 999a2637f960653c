"""A fleet as it may be found, every state of a site among it; no network, no engine."""

from __future__ import annotations

from datetime import UTC, date, datetime

from dualstack.address.family import FAMILIES
from dualstack.day2 import Word as Day2
from dualstack.status.model import Deployed, Life, SiteStatus, Stack, Support, Todo, Update
from dualstack.verify.model import Kind, Result, Word

NOW = datetime(2026, 11, 28, 0, 30, tzinfo=UTC)
FULL = Support("3.6.0", Life.FULL, date(2027, 5, 27), date(2027, 11, 27))
LIMITED = Support("3.5.1", Life.LIMITED, date(2026, 7, 21), None)
ENDED = Support("3.4.2", Life.ENDED, date(2026, 2, 4), date(2026, 8, 4))
BY_ALICE = Update("update", "succeeded", datetime(2026, 11, 27, 21, 4, tzinfo=UTC), "alice on admin-1")
FAILED = Update("update", "failed", datetime(2026, 11, 26, 8, 15, tzinfo=UTC), "deploy-bot in GitHub Actions")


def answers(*, dead: str = "", pending: bool = False) -> list[Result]:
    """Return what a site answers; ``dead`` names a family of which the API server does not."""
    found = []
    for family, address in zip(FAMILIES, ("192.168.100.10", "[fd00:100::10]"), strict=True):
        for kind, port in ((Kind.API, 6443), (Kind.SUPERVISOR, 9345), (Kind.RANCHER, 443), (Kind.IRONIC, 6385)):
            word = Word.FAILED if family == dead and kind is Kind.API else Word.OK
            bad = word is Word.FAILED
            found.append(
                Result(
                    kind,
                    f"{address}:{port}",
                    "HTTPS, GET /",
                    word,
                    "refuses the connection" if bad else "answers, HTTP 200",
                    family,
                    "kubectl and joining nodes of this family find no API server" if bad else "",
                    "look whether rke2-server runs: systemctl status rke2-server" if bad else "",
                )
            )
        resolver = "192.168.100.53" if family == "ipv4" else "fd00:100::53"
        found.append(
            Result(Kind.DNS, resolver, "A and AAAA of rancher.paris.example.com", Word.OK, "as planned", family)
        )
    if pending:
        found.append(
            Result(
                Kind.MACHINE,
                "mgmt-1",
                "stamp: network",
                Word.PENDING,
                "the machine was made of another network",
                None,
                "new addresses are not in effect",
                "nmstatectl apply, or install anew",
                day2=Day2.ROLLING,
            )
        )
    return found


def fleet() -> list[SiteStatus]:
    """Return the sites."""
    todo = (
        Todo(
            "image directory: network/mgmt-1.yaml", Day2.ROLLING, "on each node, one after the other: nmcli", up=False
        ),
        Todo("DNS name rancher.lyon.example.com is updated in place", Day2.LIVE, "up does it", up=True),
    )
    away = [
        Result(
            Kind.API, "192.168.9.10:6443", "HTTPS, GET /readyz", Word.NOT_CHECKABLE, "no IPv4 route from here", "ipv4"
        )
    ]
    nodes = ("mgmt-1", "mgmt-2", "mgmt-3")
    return [
        SiteStatus(
            "paris", "", FULL, "hostname", nodes, 0, Stack(Deployed.AS_PLANNED, parts=14, last=BY_ALICE), answers()
        ),
        SiteStatus(
            "lyon", "", LIMITED, "address", nodes[:1], 0, Stack(Deployed.DIFFERS, "", 12, todo, BY_ALICE), answers()
        ),
        SiteStatus(
            "lille",
            "",
            FULL,
            "address",
            nodes,
            0,
            Stack(Deployed.AS_PLANNED, parts=14, last=BY_ALICE),
            answers(dead="ipv6"),
        ),
        SiteStatus(
            "nantes",
            "",
            ENDED,
            "hostname",
            nodes,
            0,
            Stack(Deployed.AS_PLANNED, parts=9, last=BY_ALICE),
            answers(pending=True),
        ),
        SiteStatus(
            "brest",
            "",
            FULL,
            "hostname",
            nodes,
            0,
            Stack(Deployed.DIFFERS, "", 12, todo[1:], FAILED, interrupted=True),
            answers(),
        ),
        SiteStatus("metz", "", FULL, "address", nodes[:1], 0, Stack(Deployed.NEVER), away),
        SiteStatus(
            "nice", "", FULL, "address", nodes[:1], 2, Stack(Deployed.UNKNOWN, "the backend gave no answer"), away
        ),
        SiteStatus("toulon", "stacks/Pulumi.toulon.yaml:3:5: a tab in the indentation; write spaces"),
    ]
