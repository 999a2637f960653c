"""The site's records in a real BIND, written and removed by the real engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import sites
from tests.lab.bind import GRANTS, KEYS, REVERSE4, REVERSE6, SITE, Bind
from tests.lab.proxy import Proxy
from tests.lab.standins.project import Deployment, kill
from tests.lab.steps import applied

ZONES = (SITE, REVERSE4, REVERSE6)
IRONIC, RANCHER = f"ironic.{SITE}", f"rancher.{SITE}"
PTR4 = f"10.{REVERSE4}"
PTR6 = f"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{REVERSE6}"
DNS = "dualstack:dns:"
NAMES = {"address": (RANCHER, PTR4, PTR6), "hostname": (IRONIC, RANCHER, PTR4, PTR6)}
"""What the plan has records for, by mode."""


class Site(Deployment):
    """Our project, and a name server of its own."""

    def __init__(self, folder: Path, bind: Bind, mode: str) -> None:
        super().__init__(folder, standins=())
        self.bind, self.mode = bind, mode

    def mapping(self, ttl: int = 600, port: int | None = None) -> dict[str, Any]:
        """Give the site; the servers of two zones are asked over IPv4, that of one over IPv6.

        Args:
            ttl: of the records.
            port: where the forward zone is served, in place of BIND's own.
        """
        zones = [
            {
                "name": zone,
                "server": address,
                "port": port if port and zone == SITE else self.bind.port,
                "key": {"name": key, "algorithm": KEYS[key], "secretKey": key.replace("-key", "Tsig")},
            }
            for zone, address in ((SITE, "127.0.0.1"), (REVERSE4, "::1"), (REVERSE6, "127.0.0.1"))
            for key in GRANTS[zone]
        ]
        site = sites.mapping(self.mode, dns={"backend": "rfc2136", "zones": zones, "ttl": ttl})
        site["rancher"] = {"hostname": RANCHER}
        site["host"] = {"kind": "existing", "readiness": "off"}
        if self.mode == "hostname":
            site["provisioning"] = {"hostname": IRONIC}
        return site

    def init(self, stack: str = "lab") -> None:
        """Make the stack, with the keys' secrets."""
        self.pulumi("stack", "init", stack)
        secrets = {key.replace("-key", "Tsig"): self.bind.secrets[key] for key in KEYS}
        words = [word for key, value in secrets.items() for word in ("--secret", f"dualstack:{key}={value}")]
        self.pulumi("config", "set-all", *words)

    def steps(self, site: dict[str, Any], doing: str, *arguments: str) -> set[str]:
        """Bring a site up, which must do one thing only; give the names to which it was done."""
        self.site(site)
        done = [step.partition(" ") for step in applied(self, DNS, *arguments).steps]
        assert {verb for verb, _, _ in done} <= {doing}
        return {name.removeprefix("management-dns-") for _, _, name in done}

    def zones(self) -> dict[str, set[str]]:
        """Give what the server has."""
        return {zone: self.bind.content(zone) for zone in ZONES}

    def ttls(self) -> set[int | None]:
        """Give the TTLs of the plan's records."""
        kinds = {RANCHER: ("A", "AAAA"), IRONIC: ("A", "AAAA")}
        return {self.bind.ask(name, kind)[1] for name in NAMES[self.mode] for kind in kinds.get(name, ("PTR",))}


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[Bind]:
    with Bind(tmp_path / "bind") as server:
        yield server


def site(tmp_path: Path, bind: Bind, mode: str) -> Site:
    folder = tmp_path / "lab"
    folder.mkdir()
    return Site(folder, bind, mode)


@pytest.mark.parametrize("mode", NAMES)
def test_from_nothing_to_nothing(tmp_path: Path, bind: Bind, mode: str) -> None:
    lab = site(tmp_path, bind, mode)
    names = set(NAMES[mode])
    # What others have in these zones, at our own name, too.
    bind.edit(SITE, {(RANCHER, "TXT"): ('"somebody else\'s"',), (f"www.{SITE}", "A"): ("192.168.100.80",)})
    before = lab.zones()
    lab.site(lab.mapping())
    lab.init()
    assert lab.steps(lab.mapping(), "create") == names
    assert bind.ask(RANCHER, "A") == (("192.168.100.10",), 600)
    assert bind.ask(RANCHER, "AAAA") == (("fd00:100::10",), 600)
    host = RANCHER if mode == "address" else IRONIC
    assert bind.ask(PTR4, "PTR") == bind.ask(PTR6, "PTR") == ((f"{host}.",), 600)
    lab.pulumi("preview", "--refresh", "--expect-no-changes")

    assert lab.steps(lab.mapping(ttl=60), "update") == names
    assert lab.ttls() == {60}

    # Somebody takes a family away: it is found, and comes back.
    written = lab.zones()
    bind.edit(SITE, {(RANCHER, "AAAA"): ()})
    assert lab.steps(lab.mapping(ttl=60), "update", "--refresh") == {RANCHER}
    assert lab.zones() == written

    lab.pulumi("destroy", "--yes", "--skip-preview")
    assert lab.zones() == before
    assert not lab.state().get("resources")


def test_a_server_that_goes_down_in_the_middle(tmp_path: Path, bind: Bind) -> None:
    """One zone's server is away: the others' records are written, that one's by the next run, none twice."""
    lab = site(tmp_path, bind, "hostname")
    with Proxy(bind.port, drop_updates=1, dies=True) as proxy:
        lab.site(lab.mapping(port=proxy.port))
        lab.init()
        failed = applied(lab, DNS, "--continue-on-error", code=1)
    # One update was done, its answer lost and the server gone; the other never reached it.
    assert sorted(step.split()[0] for step in failed.steps) == ["create", "create", "failed", "failed"]
    assert "the next `pulumi up` looks, and adopts it if it was" in "\n".join(failed.errors)

    assert lab.steps(lab.mapping(), "create") == {IRONIC, RANCHER}
    assert lab.ttls() == {600}
    lab.pulumi("preview", "--refresh", "--expect-no-changes")


def test_killed_between_update_and_answer(tmp_path: Path, bind: Bind) -> None:
    """The server has the records and the state does not: they are found to be ours, and nothing is there twice."""
    lab = site(tmp_path, bind, "address")
    with Proxy(bind.port, drop_updates=1, hangs=True) as proxy:
        lab.site(lab.mapping(port=proxy.port))
        lab.init()
        process = lab.start("up", "--yes", "--skip-preview")
        try:
            end = time.monotonic() + 60
            while not proxy.dropped and time.monotonic() < end:
                time.sleep(0.02)
            lab.settle()
        finally:
            kill(process)
    assert bind.ask(RANCHER, "A")[0]
    assert RANCHER not in str(list(lab.resources()))
    lab.pulumi("cancel", "--yes")

    before = lab.zones()[SITE]
    assert RANCHER in lab.steps(lab.mapping(), "create")
    assert lab.zones()[SITE] == before
    lab.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    lab.pulumi("preview", "--expect-no-changes")
