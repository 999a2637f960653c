"""A whole site that lives: every address of its plan with a real server behind it, in namespaces of the test's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dualstack.eib import plan_stamp
from dualstack.plan.model import Plan
from dualstack.verify.endpoints import Endpoint, endpoints
from dualstack.verify.model import Kind
from tests.lab import bmc as bmcs
from tests.lab.authority import Authority
from tests.lab.certificates import certificate
from tests.lab.sshd import Sshd
from tests.several import TOKEN
from tests.sites import checked
from tests.verify.whole.machine import Machine
from tests.verify.whole.names import Names
from tests.verify.whole.spaces import HUB, Spaces

FINE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RESOLVERS = ("192.168.100.53", "fd00:100::53")
KEYS = ("sshKey", "jumpKey")


def outside(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Give the checks that a run made from outside the cluster."""
    return [one for one in json.loads(ran.stdout)["checks"] if one["name"] != "cluster"]


class Whole:
    """The site, for ``with``; what is public may be changed to make a fault, and ``mend`` makes it well again."""

    def __init__(self, folder: Path, mapping: dict[str, Any]) -> None:
        """Make keys and files; nothing runs yet."""
        self.folder = folder
        names = [node["name"] for node in mapping["nodes"]]
        self.spaces = Spaces(names)
        self.machines = {name: Machine(self.spaces, name, folder / name) for name in names}
        self.jump = Sshd(folder / "jump", prefix=self.spaces.inside("hub"))
        self.jump.port = 22
        for node in mapping["nodes"]:
            node["sshHostKey"] = self.machines[node["name"]].sshd.host_key
        mapping.setdefault("host", {})["ssh"] = {"user": "root", "privateKeyKey": "sshKey"}
        mapping["host"]["jump"] = {"host": HUB, "hostKey": self.jump.host_key, "privateKeyKey": "jumpKey"}
        # One key opens every machine, another one the jump host.
        first = next(iter(self.machines.values())).sshd
        for machine in self.machines.values():
            machine.sshd.authorize(first.folder / "user.pub")
        self.keys = {"sshKey": first.folder / "user", "jumpKey": self.jump.folder / "user"}
        self.mapping = mapping
        found = checked(mapping, (*TOKEN, *KEYS, "bmcPassword")).plan
        assert found is not None
        self.plan: Plan = replace(found, name="paris")
        self.authority = Authority("rke2-server-ca@1")
        self.names = Names(folder / "names", self.spaces.inside("hub"), RESOLVERS, found.dns)
        self.bmcs: list[bmcs.Bmc] = []
        self._stack = ExitStack()
        self._project()

    def __enter__(self) -> Whole:
        with ExitStack() as stack:
            stack.enter_context(self.spaces)
            for address, length in zip(RESOLVERS, (24, 64), strict=True):
                self.spaces.address("hub", address, length, "lan")
            for node in self.plan.nodes:
                self.spaces.plug(node.name, node.nmstate["interfaces"][0]["mac-address"])
                self.addresses(node.name)
                stack.enter_context(self.machines[node.name].sshd)
                stack.callback(self.machines[node.name].silence)
            first = self.plan.nodes[0].name
            for address in self.virtual:
                self.spaces.address(first, address, 128 if ":" in address else 32)
            stack.enter_context(self.jump)
            stack.enter_context(self.names)
            for number, (address, port) in enumerate(self._bmc_places()):
                self.spaces.address("hub", address, 128 if ":" in address else 32, "lan")
                made = certificate(self.folder / f"bmc{number}", address, days=200)
                tls = (made.certificate, made.key, made.fingerprint)
                where = self.folder / f"bmc{number}"
                self.bmcs.append(bmcs.started(where, address, port, tls=tls, prefix=self.spaces.inside("hub")))
                stack.callback(self.bmcs[-1].stop)
            self.mend()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def virtual(self) -> list[str]:
        """Addresses that are no node's own; the first node has them."""
        own = {str(address) for node in self.plan.nodes for address in node.addresses.values()}
        return [address for address in dict.fromkeys(one.address for one in endpoints(self.plan)) if address not in own]

    def addresses(self, name: str) -> None:
        """Give a node its addresses and routes, as its network file has them."""
        node = next(node for node in self.plan.nodes if node.name == name)
        for family in ("ipv4", "ipv6"):
            for one in node.nmstate["interfaces"][0][family]["address"]:
                self.spaces.address(name, one["ip"], one["prefix-length"])
        for route in node.nmstate["routes"]["config"]:
            self.spaces.ip(name, f"route add {route['destination']} via {route['next-hop-address']} dev eth0")

    def mend(self) -> None:
        """Have every server and file as planned."""
        for machine in self.machines.values():
            machine.certify(self.authority)
            machine.stamp.write_text(plan_stamp(self.plan))
            (machine.files / "resolv.conf").write_text("".join(f"nameserver {one}\n" for one in RESOLVERS))
        self.serve()

    def serve(self, faults: Mapping[tuple[Kind, str], Mapping[str, Any] | None] | None = None) -> None:
        """Start all servers; a fault changes what one of them is, None leaves it out."""
        served: dict[str, list[dict[str, Any]]] = {name: [] for name in self.machines}
        for one in endpoints(self.plan):
            fault = (faults or {}).get((one.kind, one.address), {})
            if fault is not None:
                served[self._owner(one.address)].append({**self._server(one), **fault})
        for name, servers in served.items():
            self.machines[name].serve(servers)

    def verify(self, *options: str, place: str = "hub", form: str = "json") -> subprocess.CompletedProcess[str]:
        """Run the command in a namespace."""
        secrets = [word for key, file in self.keys.items() for word in ("--secret", f"{key}=@{file}")]
        program = [sys.executable, "-c", "from dualstack.cli import main; main()"]
        command = [*self.spaces.inside(place), *program, "verify", "paris", "--format", form, *secrets, *options]
        return subprocess.run(
            command, cwd=self.folder / "project", capture_output=True, text=True, timeout=240, check=False
        )

    def found(self, *options: str, **how: str) -> list[dict[str, Any]]:
        """Run it, and give its checks; there is no API server behind the addresses, and nothing is said of it."""
        ran = self.verify(*options, **how)
        assert ran.stderr == ""
        return outside(ran)

    def _owner(self, address: str) -> str:
        names = [node.name for node in self.plan.nodes if address in map(str, node.addresses.values())]
        return names[0] if names else self.plan.nodes[0].name

    def _server(self, one: Endpoint) -> dict[str, Any]:
        addresses = [name for name in (one.address, *one.holds) if ":" in name or name.rpartition(".")[2].isdigit()]
        names = [name for name in one.holds if name not in addresses]
        answer = self.authority.answer.decode() if one.kind is Kind.SUPERVISOR else FINE
        pem = self.authority.issue(tuple(dict.fromkeys(addresses)), names)
        return {"address": one.address, "port": one.port, "tls": one.tls, "pem": pem, "answer": answer}

    def _bmc_places(self) -> list[tuple[str, int]]:
        from dualstack.address.bmc import parse_bmc

        parsed = [parse_bmc(bmc.address) for bmc in self.plan.bmcs]
        return [(str(one.ip), int(one.port or 443)) for one in parsed]

    def _project(self) -> None:
        from tests import PROJECT

        stacks = self.folder / "project/stacks"
        stacks.mkdir(parents=True)
        (self.folder / "project/Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
        config: dict[str, Any] = {"dualstack:site": self.mapping}
        config |= {f"dualstack:{key}": {"secure": "v1:x"} for key in (*KEYS, *TOKEN, "bmcPassword")}
        (stacks / "Pulumi.paris.yaml").write_text(yaml.safe_dump({"config": config}))
