"""Machines without an operating system behind BMCs: each runs what is in its virtual drive when it is switched on.

In place of EIB's installer and RKE2 stand a few lines that keep to them where a cluster is made or lost: a node's name
comes from the file of ``network/`` that has its MAC (nm-configurator), who makes a cluster and who joins one from EIB's
script, and who joins needs a supervisor at the API's address and its cluster's token.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dualstack.plan.model import Plan
from dualstack.verify.endpoints import Endpoint, endpoints
from dualstack.verify.model import Kind
from tests.lab.authority import Authority
from tests.lab.eib_script import configured_as
from tests.verify.whole.machine import Machine
from tests.verify.whole.site import FINE
from tests.verify.whole.spaces import Spaces

STAMP = "os-files/etc/dualstack/site.json"
SERVER = "kubernetes/config/server.yaml"


@dataclass
class Cluster:
    """What a bootstrap server makes: an authority, a token, members by name."""

    token: str
    authority: Authority
    members: dict[str, Node] = field(default_factory=dict)


class Image:
    """What a drive holds: a tar file of the directory that EIB reads."""

    def __init__(self, file: Path) -> None:
        """Read it."""
        with tarfile.open(file) as tar:
            self.files = {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}  # type: ignore[union-attr]

    def yaml(self, path: str) -> dict[str, Any]:
        """Give a file."""
        found: dict[str, Any] = yaml.safe_load(self.files[path])
        return found

    def network(self, mac: str) -> tuple[str, dict[str, Any]] | None:
        """Give the host name and the network of the machine with a MAC, as nm-configurator chooses them."""
        for path in self.files:
            if path.startswith("network/") and path.endswith(".yaml"):
                made = self.yaml(path)
                if any(nic.get("mac-address", "").lower() == mac for nic in made["interfaces"]):
                    return Path(path).stem, made
        return None


class Node:
    """A machine that runs an image."""

    def __init__(self, spaces: Spaces, place: str, folder: Path, image: Image, mac: str) -> None:
        """Boot: files and addresses of the image."""
        found = image.network(mac)
        assert found is not None, f"the image has nothing for a machine with MAC {mac}"
        self.name, network = found
        self.place, self._spaces = place, spaces
        self.server = image.yaml(SERVER)
        self.kind = configured_as(image.yaml("definition.yaml")["kubernetes"], self.name)
        self.machine = Machine(spaces, self.name, folder, place)
        self.machine.stamp.write_bytes(image.files[STAMP])
        self.addresses = []
        for family in ("ipv4", "ipv6"):
            for one in network["interfaces"][0][family]["address"]:
                spaces.address(place, one["ip"], one["prefix-length"])
                self.addresses.append(one["ip"])
        for route in network["routes"]["config"]:
            spaces.ip(place, f"route add {route['destination']} via {route['next-hop-address']} dev eth0")
        resolvers = network["dns-resolver"]["config"]["server"]
        (self.machine.files / "resolv.conf").write_text("".join(f"nameserver {one}\n" for one in resolvers))
        self.machine.sshd.__enter__()

    def serve(self, cluster: Cluster, virtual: list[Endpoint]) -> None:
        """Run RKE2's servers at its own addresses, and others at virtual ones that it holds."""
        self.machine.certify(cluster.authority)
        names = [str(name) for name in self.server["tls-san"]]
        served = []
        for address in self.addresses:
            pem = _issue(cluster, (address, *names))
            served.append({"address": address, "port": 6443, "tls": True, "pem": pem, "answer": FINE})
            answer = cluster.authority.answer.decode()
            served.append({"address": address, "port": 9345, "tls": True, "pem": pem, "answer": answer})
        for one in virtual:
            own = (one.address, *names) if one.kind in (Kind.API, Kind.SUPERVISOR) else (one.address, *one.holds)
            answer = cluster.authority.answer.decode() if one.kind is Kind.SUPERVISOR else FINE
            pem = _issue(cluster, own)
            served.append({"address": one.address, "port": one.port, "tls": one.tls, "pem": pem, "answer": answer})
        self.machine.serve(served)

    def stop(self) -> None:
        """Lose power."""
        self.machine.silence()
        self.machine.sshd.__exit__()
        self._spaces.ip(self.place, "link set eth0 down")


def _issue(cluster: Cluster, names: tuple[str, ...]) -> str:
    unique = list(dict.fromkeys(names))
    addresses = [name for name in unique if ":" in name or name.rpartition(".")[2].isdigit()]
    return cluster.authority.issue(addresses, [name for name in unique if name not in addresses])


class Rack:
    """The machines that run, the clusters that they made, and who holds the virtual addresses."""

    def __init__(self, spaces: Spaces, folder: Path) -> None:
        self.spaces, self._folder = spaces, folder
        self.clusters: list[Cluster] = []
        self.nodes: dict[str, Node] = {}
        """By the place of the machine."""
        self.plan: Plan | None = None
        """Whose virtual addresses there are; set before the first machine starts."""
        self._holder: Node | None = None

    def boot(self, place: str, mac: str, file: Path) -> str:
        """Start a machine from the image in its drive, and tell what became of it."""
        image = Image(file)
        if image.network(mac) is None:
            return "no name"
        node = Node(self.spaces, place, self._folder / f"{place}-{len(self.nodes)}", image, mac)
        self.nodes[place] = node
        token = str(node.server["token"])
        if node.kind == "init_server":
            cluster = Cluster(token, Authority(f"rke2-server-ca@{len(self.clusters) + 1}"))
            self.clusters.append(cluster)
            self._holder = self._holder or node
        elif node.kind in ("server", "agent"):
            living = [one for one in self.clusters if self._holder in one.members.values()]
            if not living or living[0].token != token:
                return "does not join"
            cluster = living[0]
        else:
            return node.kind
        if node.name in cluster.members:
            return "refused: its name is another machine's"
        cluster.members[node.name] = node
        self._virtual(node)
        return node.kind

    def lose(self, place: str) -> None:
        """Lose a machine for good; another one takes the virtual addresses over."""
        node = self.nodes.pop(place)
        node.stop()
        if node is self._holder:
            cluster = next(one for one in self.clusters if node in one.members.values())
            self._holder = next(one for one in cluster.members.values() if one is not node)
            self._virtual(self._holder)

    def forget(self, name: str) -> None:
        """Do what the runbook's commands do: the node object, its secret and its etcd member are gone."""
        for cluster in self.clusters:
            cluster.members.pop(name, None)

    def stop(self) -> None:
        """End all servers."""
        for node in self.nodes.values():
            node.stop()

    def _virtual(self, node: Node) -> None:
        cluster = next(one for one in self.clusters if node in one.members.values())
        held = list(self._virtual_endpoints()) if node is self._holder else []
        for address in dict.fromkeys(one.address for one in held):
            self.spaces.address(node.place, address, 128 if ":" in address else 32)
        node.serve(cluster, held)

    def _virtual_endpoints(self) -> Iterator[Endpoint]:
        assert self.plan is not None
        own = {str(address) for node in self.plan.nodes for address in node.addresses.values()}
        return (one for one in endpoints(self.plan) if one.address not in own)
