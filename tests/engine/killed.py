"""A clone with a site whose records lie in a real BIND, and processes that are killed in the middle of a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests import sites
from tests.engine.commands import ENGINE, SITE, Clone
from tests.lab.bind import GRANTS, KEYS, REVERSE4, REVERSE6, Bind
from tests.lab.bind import SITE as ZONE
from tests.lab.ran import Ran

ZONES = (ZONE, REVERSE4, REVERSE6)
RANCHER = f"rancher.{ZONE}"
RECORD = f"management-dns-{RANCHER}"
POINTER = f"management-dns-10.{REVERSE4}"
DIRECTORY = "management-image-directory"
FAULT = '''

import os as _os
import signal as _signal
import time as _time


def _fault(when: str, urn: str) -> None:
    """Kill who the file says: the provider, the CLI, the command above it, or all."""
    file = Path("fault.json")
    if not file.exists():
        return
    told = json.loads(file.read_text())
    if told["when"] != when or not urn.endswith(f"::{told['name']}"):
        return
    if not told["always"]:
        file.unlink()
    # The engine writes its checkpoint's attributes in place: a kill in the middle is another fault (test_engine_torn).
    _time.sleep(1)
    cli = _os.getppid()
    above = int(Path(f"/proc/{cli}/stat").read_text().rpartition(")")[2].split()[1])
    for who, pid in (("command", above), ("cli", cli), ("provider", _os.getpid())):
        if who in told["who"]:
            _os.kill(pid, _signal.SIGKILL)
    _time.sleep(told["then"])


_plain = _at_work


@contextlib.contextmanager
def _at_work(urn, preview=False):
    with _plain(urn, preview):
        if not preview:
            _fault("before", urn)
        yield
        if not preview:
            _fault("after", urn)
'''


class Killed(Clone):
    """The clone."""

    def __init__(self, folder: Path, bind: Bind, own: dict[str, str] | None = None, *, stack: bool = True) -> None:
        """Make it, with a stack and the secrets of the zones' keys.

        Args:
            folder: where.
            bind: the name server.
            own: variables of a backend other than the embedded one.
            stack: whether the stack is made.
        """
        super().__init__(folder)
        self.bind = bind
        self.before = self.zones()
        with (self.folder / "provider/frame/servicer.py").open("a") as file:
            file.write(FAULT)
        self.site()
        self.own = own or {}
        if not stack:
            return
        self.pulumi("stack", "init", "--no-select", SITE)
        for key in KEYS:
            name = f"dualstack:{key.replace('-key', 'Tsig')}"
            self.pulumi("config", "set", "--secret", name, "--stack", SITE, answer=self.bind.secrets[key])

    name = SITE

    def site(self, address: str = "192.168.100.10", **changes: Any) -> None:
        """Write the site."""
        zones = [
            {
                "name": zone,
                "server": "127.0.0.1",
                "port": self.bind.port,
                "key": {"name": key, "algorithm": KEYS[key], "secretKey": key.replace("-key", "Tsig")},
            }
            for zone in ZONES
            for key in GRANTS[zone]
        ]
        site = sites.mapping("address", dns={"backend": "rfc2136", "zones": zones, "ttl": 600})
        site["rancher"] = {"hostname": RANCHER}
        site["host"] = {"kind": "existing", "readiness": "off"}
        interface = site["nodes"][0]["interfaces"][0]
        interface["ipv4"]["address"] = address + "/" + interface["ipv4"]["address"].partition("/")[2]
        site |= changes
        data = yaml.safe_load(self.stack.read_text())
        data["config"]["dualstack:site"] = site
        self.stack.write_text(yaml.safe_dump(data, sort_keys=False))

    def fault(self, name: str, when: str, who: list[str], *, always: bool = False, then: float = 0) -> None:
        """Say whom the next call for a resource kills; ``then``: seconds that a surviving provider takes."""
        told = {"name": name, "when": when, "who": who, "always": always, "then": then}
        (self.folder / "fault.json").write_text(json.dumps(told))

    def calm(self) -> None:
        """Kill nobody any more."""
        (self.folder / "fault.json").unlink(missing_ok=True)

    def do(self, what: str, *arguments: str) -> Ran:
        """Run a command that changes something."""
        yes = () if what == "refresh" else ("--yes",)
        return self.run(what, SITE, *ENGINE, *yes, *arguments)

    def zones(self) -> dict[str, set[str]]:
        """Give what the server has."""
        return {zone: self.bind.content(zone) for zone in ZONES}

    def nothing_left(self) -> None:
        """See that the world outside is as it was, and that the state holds nothing."""
        assert self.zones() == self.before
        assert not list((self.folder / "build").glob("*")) if (self.folder / "build").exists() else True
        if self.checkpoint.exists():
            latest = json.loads(self.checkpoint.read_text())["checkpoint"]["latest"] or {}
            assert not latest.get("resources") and not latest.get("pending_operations")
