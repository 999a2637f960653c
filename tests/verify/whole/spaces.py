"""Networks of a whole site: a namespace for each node, one for the link between them, and one far away.

``hub`` holds the link with the router and the resolvers, and is where one asks from; ``away`` reaches ``hub`` alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Sequence

from tests.lab.plugins import needed_namespaces

ROUTER = ("192.168.100.1/24", "fd00:100::1/64", "fe80::1/64")
_NUMBERS = itertools.count()
HUB, AWAY = "10.255.0.2", "10.255.0.1"


class Spaces:
    """The namespaces; ``with`` makes and removes them."""

    def __init__(self, nodes: Sequence[str]) -> None:
        """Choose names that nobody else has; the test is skipped where there can be no namespaces."""
        needed_namespaces()
        self._tag = f"dsv{os.getpid() % 1000000}x{next(_NUMBERS)}"
        self._nodes = nodes

    def name(self, part: str) -> str:
        """Give the namespace's own name."""
        return f"{self._tag}{part}"

    def inside(self, part: str) -> tuple[str, ...]:
        """Give what starts a command there."""
        return ("ip", "netns", "exec", self.name(part))

    def ip(self, part: str, line: str) -> None:
        """Run ``ip`` in a namespace."""
        command = ["ip", "-n", self.name(part), *line.split()]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

    def __enter__(self) -> Spaces:
        for part in ("hub", "away", *self._nodes):
            subprocess.run(["ip", "netns", "add", self.name(part)], check=True, timeout=20)
            self.ip(part, "link set lo up")
        self.ip("hub", "link add lan type bridge")
        for address in ROUTER:
            self.ip("hub", f"addr add {address} dev lan" + (" nodad" if ":" in address else ""))
        self.ip("hub", "link set lan up")
        self.ip("hub", f"link add near type veth peer name near netns {self.name('away')}")
        for part, address in (("hub", HUB), ("away", AWAY)):
            self.ip(part, f"addr add {address}/30 dev near")
            self.ip(part, "link set near up")
        return self

    def __exit__(self, *_: object) -> None:
        for part in ("hub", "away", *self._nodes):
            with contextlib.suppress(subprocess.SubprocessError):
                subprocess.run(["ip", "netns", "del", self.name(part)], check=False, capture_output=True, timeout=20)

    def plug(self, node: str, mac: str) -> None:
        """Give a node its NIC, the default routes, and nothing else."""
        port = f"p{self._nodes.index(node)}"
        self.ip(node, f"link add eth0 address {mac} type veth peer name {port} netns {self.name('hub')}")
        self.ip("hub", f"link set {port} master lan up")
        self.ip(node, "link set eth0 up")

    def address(self, part: str, address: str, length: int, nic: str = "eth0") -> None:
        """Give an address."""
        self.ip(part, f"addr add {address}/{length} dev {nic}" + (" nodad" if ":" in address else ""))
