"""What runs under a kernel of its own for ``tests.truth.test_bond_vlan``: nodes' networks, one after the other.

``python -m tests.lab.hostnet_inside FOLDER``: takes ``request.json`` there and leaves ``answer.json``.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

from tests.lab.hostnet import HostNetwork
from tests.lab.router import Router

ONLINE = 120
"""Seconds for the boot's waiting; under user-mode Linux everything is slow."""


def seen(folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    """Bring one node's network up and give what is there.

    Args:
        folder: an empty one.
        case: ``keyfiles``, ``nics``, ``router`` and ``dhcp`` as of ``HostNetwork``; ``expected``, addresses by
            interface and family, which are waited for; ``near``, neighbours to be reached by interface.
    """
    lab = HostNetwork(folder)
    lab.start(case["keyfiles"], case["nics"], router=Router(**case["router"]))
    try:
        if case["dhcp"]:
            lab.serve_dhcp(*case["dhcp"])
            lab.advertise(autonomous=False)
        online = lab.online(ONLINE)

        def addresses() -> dict[str, Any]:
            return {name: lab.addresses(name) for name in case["expected"] if lab.has(name)}

        lab.until(lambda: addresses() == case["expected"], 30)
        # An 802.3ad bond has a carrier, and a node is online, some seconds before the two ends agree.
        reached = {
            f"{host}%{nic}": lab.until(functools.partial(lab.reaches, host, nic), 60)
            for nic, hosts in case["near"].items()
            for host in hosts
        }
        links = json.loads(lab.run("ip", "-d", "-j", "link", "show"))
        return {
            "online": online,
            "addresses": addresses(),
            "links": {link["ifname"]: link for link in links},
            "routes": {family: json.loads(lab.run("ip", "-j", flag, "route")) for family, flag in FLAGS.items()},
            "resolvers": lab.resolvers(),
            "reached": reached,
            "log": lab.log()[-6000:],
        }
    finally:
        lab.stop()


FLAGS = {"ipv4": "-4", "ipv6": "-6"}


def main() -> None:
    """Run, and leave the answer."""
    folder = Path(sys.argv[1])
    request = json.loads((folder / "request.json").read_text())
    answer = {}
    for name, case in request.items():
        place = folder / name
        place.mkdir()
        try:
            answer[name] = seen(place, case)
        except Exception as error:
            answer[name] = {"failed": f"{type(error).__name__}: {error}"}
    (folder / "answer.json").write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
