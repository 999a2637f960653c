"""``dualstack status`` that asks twenty sites, whose addresses all have servers: in a namespace of the bench's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fleet import PROJECT, write_fleet
from dualstack.check.checked import check_site
from dualstack.plan.model import Plan
from dualstack.stack.layers import LayerStore, resolve_stack
from dualstack.verify.endpoints import Endpoint, endpoints
from dualstack.verify.model import Kind
from tests.lab.authority import Authority
from tests.verify.whole.names import Names

COMMAND = str(Path(sys.executable).with_name("dualstack"))
SITES = 20
_ANY = {
    "VirtualMedia": {"@odata.id": "/redfish/v1/Any"},
    "Members": [{"@odata.id": "/redfish/v1/Any"}],
    "MediaTypes": ["CD"],
}
"""What a BMC says of everything: it is a system, its drives, and a drive."""


def verify_figures() -> dict[str, float] | None:
    """Return seconds of a run that asks all sites, and the number of its checks; None where there is no namespace.

    ``silentSeconds`` is where every packet is lost, so that each check waits as long as it may.
    """
    if os.geteuid() != 0:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plans = _plans(folder, write_fleet(folder, SITES))
        with _space() as space:
            # Without neighbour discovery nobody says that a host is unreachable.
            _ip(space, "link add site type veth peer name nowhere")
            _ip(space, "link set nowhere up")
            _ip(space, "link set site up arp off")
            for line in ("addr add 10.255.0.1/32 dev site", "-6 addr add fd66::1/128 dev site nodad"):
                _ip(space, line)
            for family in ("-4", "-6"):
                _ip(space, f"{family} route add default dev site")
            silent, _ = _timed(folder, space, alive=False)
            with _serving(folder, space, plans):
                seconds, checks = _timed(folder, space, alive=True)
    return {"sites": SITES, "checks": checks, "seconds": seconds, "silentSeconds": silent}


def print_verify(figures: dict[str, float] | None) -> None:
    """Print the figures."""
    if figures is None:
        print("sites that are asked: not measured, namespaces need root")
        return
    print(f"{figures['sites']:.0f} sites asked in one run (dualstack status, {figures['checks']:.0f} checks)")
    print(f"  all answer {figures['seconds']:.1f} s; every packet is lost {figures['silentSeconds']:.1f} s")


def _plans(folder: Path, names: list[str]) -> list[Plan]:
    store = LayerStore(folder)
    files = [(name, folder / f"stacks/Pulumi.{name}.yaml") for name in names]
    plans = [check_site(name, resolve_stack(folder, file, store)).plan for name, file in files]
    return [plan for plan in plans if plan is not None]


@contextmanager
def _space() -> Iterator[str]:
    name = f"dsbench{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        _ip(name, "link set lo up")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def _ip(space: str, line: str) -> None:
    subprocess.run(["ip", "-n", space, *line.split()], check=True)


@contextmanager
def _serving(folder: Path, space: str, plans: list[Plan]) -> Iterator[None]:
    """Give every address of the sites to loopback, with servers and a resolver."""
    authority = Authority("rke2-server-ca")
    servers = [_server(authority, one) for plan in plans for one in endpoints(plan)]
    servers += [_bmc(authority, bmc.host) for plan in plans for bmc in plan.bmcs]
    resolvers = [str(one.ip) for plan in plans for one in plan.site.dns.resolvers]
    for address in {*(one["address"] for one in servers), *resolvers}:
        _ip(space, f"addr add {address}/" + ("128 dev lo nodad" if ":" in address else "32 dev lo"))
    spec = folder / "servers.json"
    spec.write_text(json.dumps(servers))
    inside = ("ip", "netns", "exec", space)
    command = [*inside, sys.executable, "-m", "tests.verify.whole.serve", str(spec)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with Names(folder / "names", inside, resolvers, [record for plan in plans for record in plan.dns]):
            yield
    finally:
        process.kill()
        process.communicate()


def _server(authority: Authority, one: Endpoint) -> dict[str, Any]:
    addresses = [name for name in dict.fromkeys((one.address, *one.holds)) if ":" in name or name[-1].isdigit()]
    pem = authority.issue(addresses, [name for name in one.holds if name not in addresses])
    return _spec(one.address, one.port, pem, authority.pem.decode() if one.kind is Kind.SUPERVISOR else "ok", one.tls)


def _bmc(authority: Authority, address: str) -> dict[str, Any]:
    return _spec(address, 443, authority.issue((address,)), json.dumps(_ANY))


def _spec(address: str, port: int, pem: str, body: str, tls: bool = True) -> dict[str, Any]:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return {"address": address, "port": port, "tls": tls, "pem": pem, "answer": answer}


def _timed(folder: Path, space: str, *, alive: bool) -> tuple[float, int]:
    started = time.perf_counter()
    words = ["ip", "netns", "exec", space, COMMAND, "status", "--format", "json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode > 2 or '"sites"' not in done.stdout:
        raise RuntimeError(done.stderr or done.stdout)
    found = [one["verify"] for one in json.loads(done.stdout)["sites"]]
    if alive and any(one["failures"] for one in found):
        raise RuntimeError(json.dumps([one["failures"][:1] for one in found], indent=1))
    return seconds, sum(sum(one[family].values()) for one in found for family in ("ipv4", "ipv6", "neither"))
