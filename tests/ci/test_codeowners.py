"""The CODEOWNERS of docs/ci.md over the files of this repository, by the rules that GitHub has for it."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests import PROJECT

PLATFORM, NETWORK, SITES = "@example/platform", "@example/network", "@example/sites"


def entries() -> list[tuple[str, list[str]]]:
    text = (PROJECT / "docs/ci.md").read_text(encoding="utf-8")
    block = re.search(r"`CODEOWNERS`.*?```\n(.*?)```", text, re.DOTALL)
    assert block
    return [(line.split()[0], line.split()[1:]) for line in block[1].splitlines() if line.strip()]


def matches(pattern: str, path: str) -> bool:
    """Match as .gitignore does, but for negation, ranges and ``\\#``, which CODEOWNERS lacks.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
    """
    anchored = "/" in pattern.rstrip("/")
    folder = pattern.endswith("/")
    made = ""
    for part in re.split(r"(\*\*/|/\*\*|\*|\?)", pattern.strip("/")):
        made += {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part)
    # `docs/*` owns files right in it; a name owns what is below it, too.
    below = "/.*" if folder else "" if pattern.endswith("/*") else "(?:/.*)?"
    return re.fullmatch(("" if anchored else "(?:.*/)?") + made + below, path) is not None


def owners(path: str) -> list[str]:
    found = [names for pattern, names in entries() if matches(pattern, path)]
    return found[-1] if found else []


@pytest.mark.parametrize(
    ("pattern", "path", "does"),
    [
        ("*", "a/b", True),
        ("*.js", "a/b.js", True),
        ("/build/logs/", "build/logs/a/b", True),
        ("/build/logs/", "x/build/logs/a", False),
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("apps/", "x/apps/y", True),
        ("/docs/", "docs/a", True),
        ("**/logs", "build/logs/x", True),
        ("/apps/github", "apps/github/x", True),
    ],
)
def test_the_model_is_that_of_the_documentation(pattern: str, path: str, does: bool) -> None:
    assert matches(pattern, path) is does


def test_every_file_has_its_owner() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout.decode()
    for path in filter(None, listed.split("\0")):
        if re.fullmatch(r"stacks/Pulumi\.[^/]*\.yaml", path):
            assert owners(path) == [SITES], path
        elif re.fullmatch(r"stacks/layers/[^/]*\.yaml", path):
            assert owners(path) == [PLATFORM, NETWORK], path
        else:
            assert owners(path) == [PLATFORM], path


@pytest.mark.parametrize(
    "path",
    [
        "provider/pulumi-resource-dualstack",
        "pyproject.toml",
        "components/templates/x.j2",
        ".gitattributes",
        ".gitmodules",
        "policy/PulumiPolicy.yaml",
        "tools/x",
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "dualstack",
        "stacks/helper.py",
        "stacks/layers/x/__init__.py",
        "stacks/x/Pulumi.a.yaml",
        "sub/stacks/Pulumi.a.yaml",
        "what/nobody/thought/of",
    ],
)
def test_what_runs_beside_secrets_is_the_platforms(path: str) -> None:
    assert owners(path) == [PLATFORM]
