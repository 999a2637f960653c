"""docs/architecture.md is kept true: its files exist, its rooms are all there are, and imports go the way it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import PROJECT

PAGE = (PROJECT / "docs/architecture.md").read_text(encoding="utf-8")
ORDER = re.findall(r"^\| `(dualstack/\w+)` \|", PAGE, re.MULTILINE)
ABOVE = ("provider", "components", "policy")
GROUND = ("collector", "errors", "scratch", "today", "tokens")
"""Modules of the core that stand below every room."""
BESIDE = {"kubeconfig": "document", "record": "offline"}
"""Further ones, and the room that each stands as high as."""
TOWARDS_THE_PROVIDER = {"dualstack/deploy", "dualstack/diff"}


def modules() -> dict[str, Path]:
    """Return every module of the product by its name."""
    found: dict[str, Path] = {}
    for top in ("dualstack", *ABOVE):
        for file in sorted((PROJECT / top).rglob("*.py")):
            name = ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = file
    return found


MODULES = modules()


class Imports(ast.NodeVisitor):
    """Every import that may run, also those inside of functions; those for types alone never do."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        for part in node.orelse if "TYPE_CHECKING" in ast.unparse(node.test) else [*node.body, *node.orelse]:
            self.visit(part)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {name.name for name in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            whole = f"{node.module}.{name.name}"
            self.found.add(whole if whole in MODULES else str(node.module))


def imports(file: Path) -> set[str]:
    """Return what a module imports."""
    visitor = Imports()
    visitor.visit(ast.parse(file.read_text(encoding="utf-8")))
    return visitor.found


def room(module: str) -> str:
    """Return the room of a module: a folder of the core, or a package beside it."""
    top, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    return f"dualstack/{first}" if top == "dualstack" and first else top


def arrows() -> Iterator[tuple[str, str]]:
    """Yield each import of one module of ours by another."""
    for module, file in MODULES.items():
        yield from ((module, found) for found in imports(file) if found in MODULES and found != module)


def height(module: str) -> int:
    """Return how high a module stands."""
    place = room(module)
    if place in ABOVE:
        return len(ORDER) + 1
    if place.removeprefix("dualstack/") in GROUND or place == "dualstack":
        return -1
    name = place.removeprefix("dualstack/")
    return ORDER.index(f"dualstack/{BESIDE.get(name, name)}")


def test_every_room_of_the_core_is_on_the_page() -> None:
    folders = {
        f"dualstack/{item.name}" for item in (PROJECT / "dualstack").iterdir() if (item / "__init__.py").is_file()
    }
    assert folders == set(ORDER)
    assert {item.stem for item in (PROJECT / "dualstack").glob("*.py")} == {"__init__", *GROUND, *BESIDE}


def test_no_import_goes_up() -> None:
    upward = [
        f"{module} imports {found}"
        for module, found in arrows()
        if height(found) > height(module) and not (room(module) in TOWARDS_THE_PROVIDER and room(found) == "provider")
    ]
    assert upward == []


def test_no_import_goes_in_a_circle() -> None:
    ways: dict[str, set[str]] = {}
    for module, file in MODULES.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        # Those inside of functions run when they are needed, after every module is there.
        outer = Imports()
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                outer.visit(node)
        ways[module] = {found for found in outer.found if found in MODULES and found != module}
    while ends := {module for module, found in ways.items() if not found & ways.keys()}:
        ways = {module: found for module, found in ways.items() if module not in ends}
    assert sorted(ways) == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w./-]+/[\w./<>-]*)`", PAGE))))
def test_what_the_page_names_is_there(name: str) -> None:
    if name.startswith("stacks/Pulumi."):
        return
    roots = [PROJECT, PROJECT / "dualstack"]
    pattern = re.sub(r"<\w+>", "*", name)
    assert any(any(root.glob(pattern)) for root in roots)


def test_nothing_up_to_the_check_imports_pulumi() -> None:
    pure = ORDER[: ORDER.index("dualstack/check") + 1]
    using = [
        module
        for module, file in MODULES.items()
        if room(module) in pure and any(found.partition(".")[0] == "pulumi" for found in imports(file))
    ]
    assert using == []


def test_the_rule_that_is_shown_to_contributors_is_the_real_one() -> None:
    page = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert shown in (PROJECT / "dualstack/rules/host/libvirt.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(
        r"(?:`|^\$ )make ([a-z -]+?)(?:`|  |$)", (PROJECT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert named
    assert {target for words in named for target in words.split()} <= targets | {"alone"}
