"""What docs/ha.md and docs/metal.md show is what comes out."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from dualstack.check.sites import load_site
from dualstack.cli import main
from dualstack.eib.balancer import pools
from tests import PROJECT

HA = (PROJECT / "docs/ha.md").read_text(encoding="utf-8")
METAL = (PROJECT / "docs/metal.md").read_text(encoding="utf-8")
SPEAKERS = sorted((PROJECT / "provider/host").glob("*.py"))
VALUE = "\0"
"""Stands for a value in a message."""
SAYS_SOMETHING = 20
"""Letters of a message beside its values."""


def test_the_site_that_ha_makes_wants_its_token_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = re.findall(r"^\$ (dualstack new (?:.*\\\n)*.*)$", HA, re.MULTILINE)
    shutil.copy(PROJECT / "Pulumi.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", shlex.split(command.replace("\\\n", " ")))
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    made = load_site(tmp_path, "lyon")
    assert [found.rule.id[:5] for found in made.findings if found.severity != "info"] == ["DS279"]


def test_the_commands_that_change_a_virtual_address_fit_what_is_rendered() -> None:
    plan = load_site(PROJECT, "demo-ha").plan
    assert plan is not None
    ours = {(item["kind"].lower(), item["metadata"]["name"]): item["spec"] for item in pools(plan)}
    patches = re.findall(
        r"^    kubectl -n metallb-system patch (\w+) (\S+) --type merge --patch '(.*)'$", HA, re.MULTILINE
    )
    assert len(patches) == 4
    for kind, name, text in patches:
        spec = json.loads(text)["spec"]
        if (kind, name) in ours:
            assert [one.partition("/")[2] for one in spec["addresses"]] == ["32", "128"]
            assert spec.keys() <= ours[kind, name].keys()
        else:  # EIB's own (pkg/combustion/templates/k8s-vip.yaml.tpl)
            assert name in ("api-ip", "api-ip-l2-adv")


def messages() -> list[str]:
    """Give what our provider says, with ``VALUE`` in place of each value."""
    found: list[str] = []
    for file in SPEAKERS:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(one.value) if isinstance(one, ast.Constant) else VALUE for one in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_what_up_says_is_in_the_words_of_the_page() -> None:
    (table,) = re.findall(r"\| Words \| mean \|\n(.*?)\n\n", METAL, re.DOTALL)
    words = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    assert len(words) > 10
    said = messages()
    assert [one for one in words if not any(_says(text, one) for text in said)] == []


def _says(message: str, words: str) -> bool:
    """Tell whether the words are part of a message, or the whole of it with values of their own in it."""
    whole = re.escape(message).replace(re.escape(VALUE), ".+")
    part = re.sub(r"\b(NODE|URL|TIME|ADDRESS|N)\b", VALUE, words) in message
    return part or (len(message.replace(VALUE, "")) > SAYS_SOMETHING and re.fullmatch(whole, words) is not None)


@pytest.mark.parametrize("page", [HA, METAL], ids=["ha", "metal"])
def test_files_and_rules_that_a_page_names_are_there(page: str) -> None:
    rules = (PROJECT / "docs/rules.md").read_text(encoding="utf-8")
    named = set(re.findall(r"DS\d{3}", page))
    assert [one for one in sorted(named) if f"## {one}-" not in rules] == []
    files = set(re.findall(r"`((?:tests|stacks)/[\w./-]+)`", page)) | {
        f"docs/{one}" for one in re.findall(r"\]\(([\w-]+\.md)\)", page)
    }
    assert files
    assert [one for one in sorted(files) if not (PROJECT / one).exists()] == []
