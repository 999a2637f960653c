"""A kind of host is chosen in one table, and a hypervisor's name stays where it is at home."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from components import hypervisor
from components.hypervisor import KINDS, HostKind, host_kind
from dualstack.site.host import HYPERVISORS, Host
from tests import PROJECT, sites
from tests.components.support import every_site

HOME = {
    "components/hypervisor.py": "chooses",
    "components/libvirt.py": "makes it",
    "components/templates/network.xslt.j2": "is its template",
    "dualstack/site/host.py": "has its fields",
    "dualstack/site/dns.py": "dns.backend has a value of that name",
    "dualstack/plan": "computes what is made of the fields",
    "dualstack/rules/host": "judges the fields",
    "dualstack/rules/program": "judges its resources, for the policies",
    "dualstack/policies": "are its policies",
    "dualstack/diff": "predicts what its provider does",
    "dualstack/deploy/hints.py": "asks for its hints",
    "dualstack/deploy/libvirt_hints.py": "explains its errors",
    "dualstack/day2": "says what a change of its fields means",
    "dualstack/answer/docs.py": "introduces that table",
    "dualstack/tokens.py": "has the types of its resources",
    "dualstack/address/bmc.py": "metal3 has a BMC type of that name",
    "dualstack/verify/bmcs.py": "metal3 has a BMC type of that name",
}
"""Where the word may stand, and why; a folder stands for all its files."""


def mentions() -> set[str]:
    """The files of the program and the core in which the word stands, as this repository names them."""
    rooms = [
        PROJECT / "__main__.py",
        *(file for room in ("components", "provider", "dualstack") for file in (PROJECT / room).rglob("*")),
    ]
    texts = [file for file in rooms if file.suffix in (".py", ".j2")]
    return {file.relative_to(PROJECT).as_posix() for file in texts if "libvirt" in file.read_text().lower()}


def test_the_word_stays_at_home() -> None:
    strays = {file for file in mentions() if not any(file == home or file.startswith(f"{home}/") for home in HOME)}

    assert strays == set()


def test_no_place_is_kept_for_nothing() -> None:
    found = mentions()

    assert {home for home in HOME if not any(file == home or file.startswith(f"{home}/") for file in found)} == set()


def test_the_table_has_every_kind_of_a_site() -> None:
    assert set(KINDS) == set(get_args(Host.model_fields["kind"].annotation)) > HYPERVISORS


@pytest.mark.parametrize(("name", "kind"), [("libvirt", "libvirt"), ("machines", "redfish"), ("address", "existing")])
def test_a_site_gets_its_kind(name: str, kind: str) -> None:
    plan = sites.checked(every_site()[name]).plan
    assert plan is not None

    made = host_kind(plan)

    assert isinstance(made, HostKind)
    assert f"{type(made).__module__}:{type(made).__name__}" == KINDS[kind]
    # A provider goes by the name that resource options have for it.
    assert (made.package is not None) is plan.site.host.virtual


def test_nobody_else_imports_a_kind() -> None:
    modules = {place.partition(":")[0] for place in KINDS.values()} - {hypervisor.__name__}
    for file in (PROJECT / "components").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                named += [node.module or "", *(f"{node.module}.{name}" for name in named)]
            assert not modules & set(named), file.name
