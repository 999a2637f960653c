"""The operation told for each resource is the one that the real engine chooses, with stand-in providers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.diff.operations import Step, plan_steps
from dualstack.diff.planning import Side, take
from tests.components.support import libvirt_site, rfc2136_site
from tests.lab.standins.project import STACK, Deployment, small_site

Edit = Callable[[dict[str, Any]], None]
OTHER_MAC = "34:8a:b1:4b:16:aa"


def at(*path: Any, value: Any) -> Edit:
    """Make an edit that puts a value at a path."""

    def edit(site: dict[str, Any]) -> None:
        place: Any = site
        for step in path[:-1]:
            place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
        place[path[-1]] = value

    return edit


def together(*edits: Edit) -> Edit:
    """Make one edit of several that do not touch the same resources."""

    def edit(site: dict[str, Any]) -> None:
        for one in edits:
            one(site)

    return edit


def production(site: dict[str, Any]) -> None:
    site["host"]["production"] = True


def without_metal3(site: dict[str, Any]) -> None:
    site["charts"]["metal3"] = {"enabled": False}
    site["charts"]["storage"] = {"enabled": False}


def other_prefix(site: dict[str, Any]) -> None:
    """Move the whole site to another IPv4 prefix."""
    ipv4 = site["nodes"][0]["interfaces"][0]["ipv4"]
    ipv4 |= {"address": "192.168.77.10/24", "gateway": "192.168.77.1"}


def built(site: dict[str, Any]) -> None:
    del site["host"]["libvirt"]["image"]
    site["image"]["build"] = "local"


def with_pulumi() -> dict[str, Any]:
    return small_site()


def with_image() -> dict[str, Any]:
    return {**small_site(), "delivery": "image"}


def with_build() -> dict[str, Any]:
    site = with_image()
    built(site)
    return site


def protected() -> dict[str, Any]:
    return {**small_site(production=True), "delivery": "image"}


def with_dns() -> dict[str, Any]:
    site = rfc2136_site()
    site["host"] = {"readiness": "off"}
    return site


def full() -> dict[str, Any]:
    site = libvirt_site(network={"domain": "paris.example.com"})
    site["host"]["readiness"] = "off"
    return site


MEMORY = at("host", "libvirt", "memory", value=65536)
DISK = at("host", "libvirt", "diskSize", value=120)
MAC = at("nodes", 0, "interfaces", 0, "mac", value=OTHER_MAC)
MTU = at("host", "libvirt", "network", value={"mtu": 1400})
CIDR = at("cluster", "pods", value={"ipv4": "10.52.0.0/16", "ipv6": "fd12:4567:789b::/48"})
TTL = at("dns", "ttl", value=300)
CHART = at("charts", "rancher", value={"version": "2.13.4"})
VALUES = at("charts", "rancher", value={"values": {"auditLog": {"level": 1}}})
FQDN = at("provisioning", "hostname", value="ironic.lyon.paris.example.com")
SERVER = at("dns", "zones", 0, "server", value="192.168.100.99")

CASES: list[tuple[Callable[[], dict[str, Any]], list[Edit]]] = [
    (with_pulumi, [together(MEMORY, CHART), DISK, together(MAC, VALUES), other_prefix, together(CIDR, without_metal3)]),
    (with_build, [CIDR]),
    (protected, [DISK, CIDR]),
    (with_dns, [TTL, together(FQDN, SERVER)]),
    (full, [together(built, MTU), together(at("delivery", value="pulumi"), production)]),
]


# No zone and no EIB here: what these do at an update is not what is compared.
STUBS = {
    "provider/dns/dns_handler.py": "DnsHandler._write = lambda *_: None",
    "provider/image/image_build.py": """
def _build(inputs, timeout):
    return {**inputs, "image": f"build/{inputs['digest'][:16]}.raw", "log": "", "size": 1, "baseSha256": ""}
""",
}


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    lab = Deployment(tmp_path)
    for path, text in STUBS.items():
        with (lab.folder / path).open("a") as file:
            file.write(f"\n\n{text}\n")
    return lab


class Folders:
    """Two project folders with the lab's own files and stack files of their own: the base, and now."""

    def __init__(self, lab: Deployment, folder: Path) -> None:
        self._lab = lab
        self._folders = [folder / name for name in ("base", "now")]
        for one in self._folders:
            (one / "stacks").mkdir(parents=True)
            for entry in lab.folder.iterdir():
                if entry.name != "stacks":
                    (one / entry.name).symlink_to(entry)

    def told(self, pairs: list[tuple[str, str]]) -> list[dict[str, Step]]:
        """Give what the diff says of each pair of stack files, by URN: all in one process for each side.

        The stacks have names of their own there, which are put back.
        """
        names = [f"edit{index}" for index in range(len(pairs))]
        for name, pair in zip(names, pairs, strict=True):
            for folder, text in zip(self._folders, pair, strict=True):
                (folder / f"stacks/Pulumi.{name}.yaml").write_text(text)
        base, now = take(*(Side(folder, Path(sys.executable), names) for folder in self._folders))
        found: list[dict[str, Step]] = []
        for name in names:
            one, other = base.sites[name].get("resources"), now.sites[name].get("resources")
            assert one, base.sites[name]
            assert other, now.sites[name]
            prefix, real = f"urn:pulumi:{name}::", f"urn:pulumi:{STACK}::"
            steps = plan_steps(one, other, now.types)
            found.append({step.urn.replace(prefix, real): step for step in steps})
        return found


def chosen(lab: Deployment, *, refused: bool) -> dict[str, str]:
    """Give what the engine says, by URN: the program's own resources."""
    done = lab.pulumi("preview", "--json", "--show-sames", "-s", STACK, code=int(refused))
    document = json.loads(done.stdout[done.stdout.index("{") :])
    ops: dict[str, str] = {}
    for step in document.get("steps", []):
        type_ = step["urn"].split("::")[2].rpartition("$")[2]
        if type_ == "pulumi:pulumi:Stack" or "::default" in step["urn"]:
            continue
        if step["op"] in ("read", "read-replacement", "discard"):
            continue  # what the program only looks at
        op = {"create-replacement": "replace", "delete-replaced": "replace"}.get(step["op"], step["op"])
        # A resource that is deleted early with another one, and made again, has both steps.
        ops[step["urn"]] = "replace" if "replace" in (op, ops.get(step["urn"])) else op
    assert ops, done.told
    return ops


def stack_file(lab: Deployment) -> str:
    return (lab.folder / f"stacks/Pulumi.{STACK}.yaml").read_text()


def compared(lab: Deployment, steps: dict[str, Step]) -> None:
    """Compare with the engine's preview of the lab's stack file."""
    refused = any(step.blocked for step in steps.values())
    ops, ours = chosen(lab, refused=refused), {urn: step.op for urn, step in steps.items()}
    # At what is protected the engine stops, and does not say what would have followed.
    assert {urn: op for urn, op in ours.items() if not refused or urn in ops} == ops


@pytest.mark.parametrize(("site", "edits"), CASES, ids=[site.__name__ for site, _ in CASES])
def test_as_the_engine(lab: Deployment, tmp_path: Path, site: Callable[[], dict[str, Any]], edits: list[Edit]) -> None:
    lab.deployed(site())
    before = stack_file(lab)
    files: list[str] = []
    for edit in edits:
        changed = site()
        edit(changed)
        lab.site(changed)
        files.append(stack_file(lab))
    told = Folders(lab, tmp_path / "folders").told([(before, text) for text in files])
    for text, steps in zip(files, told, strict=True):
        assert any(step.op != "same" for step in steps.values())
        (lab.folder / f"stacks/Pulumi.{STACK}.yaml").write_text(text)
        compared(lab, steps)


def test_a_password(lab: Deployment, tmp_path: Path) -> None:
    lab.deployed(with_build())
    before = stack_file(lab)
    lab.pulumi("config", "set", "--secret", "dualstack:rancherBootstrapPassword", "another one, longer")
    same, other = Folders(lab, tmp_path / "folders").told([(before, before), (before, stack_file(lab))])
    assert {step.op for step in same.values()} == {"same"}
    compared(lab, other)
    steps = {step.name: step.op for step in other.values()}
    # The password is in the image, the image on the disk, and the machine boots from it.
    for name in ("image-directory", "image-build"):
        assert steps[f"management-{name}"] == "update"
    for name in ("image", "disk", "vm"):
        assert steps[f"management-host-{name}"] == "replace"
