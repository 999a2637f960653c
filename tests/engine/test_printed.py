"""Every command that output, help and docs print exists as printed, and runs on a fresh clone as far as it can."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dualstack.cli.app import app
from tests import PROJECT
from tests.engine.commands import SITE, Clone

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
SOURCES = ("dualstack", "components", "provider", "scripts")
NOT_RUN = {
    "up": "tests/engine/test_commands.py runs it",
    "refresh": "tests/engine/test_commands.py runs it",
    "destroy": "tests/engine/test_commands.py runs it",
    "diff": "it compares with a commit: tests/diff",
    "new": "it makes a site of its own: tests/test_readme.py",
    "secret": "it wants a secret: tests/engine/test_secret_set.py",
    "status": "it asks the servers of sites: tests/status, in a namespace or with --no-probe",
    "verify": "it asks the servers of a site: tests/verify, on loopback and in namespaces alone",
}
"""By the command's word."""
COMMAND = re.compile(r"(?<![\w/.-])(?<!-C )dualstack ((?:[a-z]+)(?: (?!-->)(?:[^`\n;|)&#…,:]|[,:](?! ))*)?)")
_GROUP: Any = typer.main.get_command(app)


def texts() -> Iterator[tuple[str, str]]:
    """Yield what is printed: code spans and consoles of pages, and texts of the code."""
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        spans = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^\s*\$ (.*)$", text, re.MULTILINE)
        yield from ((page.name, span) for span in spans)
    for folder in SOURCES:
        for file in sorted((PROJECT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.JoinedStr):
                    parts = [str(one.value) if isinstance(one, ast.Constant) else SITE for one in node.values]
                    yield str(file.relative_to(PROJECT)), "".join(parts)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield str(file.relative_to(PROJECT)), node.value


def commands() -> list[tuple[str, str]]:
    """Give each command with a place where it stands; sentences of the code say dualstack, too."""
    found: dict[str, str] = {}
    for place, text in texts():
        for match in COMMAND.finditer(text):
            word = match[1].split()[0]
            if place.endswith(".md") or word in _GROUP.commands:
                found.setdefault(match[1].strip().rstrip(".,:'\""), place)
    return sorted((place, command) for command, place in found.items())


def examples() -> list[str]:
    """Give the examples of the commands' own help, whole."""
    every = [command for command in _GROUP.commands.values() if command.epilog]
    return [command.epilog.removeprefix("Example: ") for command in every]


def test_every_command_and_option_exists() -> None:
    told = commands()
    assert len(told) > 60
    wrong = []
    for place, text in told:
        command, words = _GROUP, text.split()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts)}
        unknown = (
            {one.partition("=")[0].strip(".,:'\"") for one in words if one.startswith("--")} - known - {"--help", ""}
        )
        if command is _GROUP or unknown:
            wrong.append(f"{place}: dualstack {text}: {', '.join(sorted(unknown)) or 'no such command'}")
    assert wrong == []


def test_no_secret_is_set_by_a_command_that_fails_for_a_new_site() -> None:
    """Plain ``pulumi config set`` needs a stack, its backend and its passphrase; ours is one command that works."""
    told = [(place, text) for place, text in texts() if re.search(r"pulumi config set --secret [a-z{]", text)]
    assert [place for place, text in told if "dualstack:" in text] == []


def _word(example: str) -> str:
    found = COMMAND.search(example)
    assert found is not None, example
    return found[1].split()[0]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("fresh") / "clone")


def in_shell(clone: Clone, script: str) -> subprocess.CompletedProcess[str]:
    """Run a line as a user pastes it, with nothing of Pulumi on PATH."""
    program = f"{shlex.quote(sys.executable)} -c 'from dualstack.cli import main; main()'"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'dualstack() {{ {program} "$@"; }}; {script}'],
        cwd=clone.folder,
        env=clone.environment | {"PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("text", [text for text in examples() if _word(text) not in NOT_RUN])
def test_examples_of_the_help_run(clone: Clone, text: str) -> None:
    done = in_shell(clone, text.partition(" | jq")[0])  # jq need not be here
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def consoles() -> list[str]:
    """Give what the pages' consoles show, but for what is not run here; tests/truth/test_walk.py walks a page's."""
    pages = [page.read_text().replace("\\\n", " ") for page in PAGES if page.name != "walk.md"]
    lines = [
        line.partition("  #")[0] for page in pages for line in re.findall(r"^\s*\$ (dualstack .*)$", page, re.MULTILINE)
    ]
    return [line for line in lines if _word(line) not in NOT_RUN]


@pytest.mark.parametrize("text", consoles())
def test_consoles_of_the_pages_run(clone: Clone, text: str) -> None:
    # The site that README makes, made by name of one that is there.
    done = in_shell(clone, text.replace("paris", SITE))
    assert done.returncode == 0, done.stdout + done.stderr


def test_plain_pulumi_after_env(clone: Clone) -> None:
    """No flag names the engine that was built, neither for ours nor after ``env``."""
    done = in_shell(clone, 'eval "$(dualstack env)" && pulumi stack ls && pulumi version')
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.splitlines()[0].startswith("engine: using Pulumi")
    looked = in_shell(clone, f"dualstack preview {SITE}")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    lines = [line for line in looked.stdout.splitlines() if line.startswith("engine: ")]
    assert lines[0].startswith("engine: using Pulumi")


def test_what_is_not_run_is_a_command() -> None:
    assert set(NOT_RUN) <= set(_GROUP.commands)
    assert Path(PROJECT / "tests/engine/test_secret_set.py").exists()
