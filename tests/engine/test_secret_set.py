"""``dualstack secret set``: for a new site, in one command, in the form of the file; never in clear anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine.commands import SITE, Clone

CANARY = "canary-3c1d-token"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone")
    made.stack.write_text(made.stack.read_text().replace("config:\n", "config: # what Pulumi reads\n", 1))
    return made


def test_a_secret_of_a_new_site_is_set_read_and_deployed(clone: Clone) -> None:
    before = clone.stack.read_text()
    done = clone.run("secret", "set", SITE, "appsToken", given=f"{CANARY}\n")
    assert done.code == 0, done.told
    assert f"stacks/Pulumi.{SITE}.yaml: dualstack:appsToken is set, encrypted" in done.out

    # Nothing else in the file changed, not its comments and not its form.
    after = clone.stack.read_text()
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.partition(":")[0].strip() for line in added] == ["encryptionsalt", "dualstack", "secure"]
    assert all(line in after.splitlines() for line in before.splitlines())
    assert yaml.safe_load(after)["config"]["dualstack:site"] == yaml.safe_load(before)["config"]["dualstack:site"]

    file = clone.folder / "token"
    file.write_text(f"{CANARY}-2\n")
    assert clone.run("secret", "set", SITE, "appsToken", f"@{file}").code == 0
    assert clone.run("secret", "set", SITE, "other", "--generate").code == 0
    text = clone.stack.read_text()
    assert text.count("dualstack:appsToken:") == 1 and text.count("encryptionsalt") == 1

    for path in clone.folder.rglob("*"):
        assert not path.is_file() or path == file or CANARY.encode() not in path.read_bytes(), path
    # The engine is found without a flag, on the same backend.
    assert clone.run("render", SITE, "--with-secrets", "--out", str(clone.folder / "out")).code == 0
    checked = clone.run("preview", SITE)
    assert checked.code == 0, checked.told


def test_the_secret_itself_never_stands_on_the_command_line(clone: Clone) -> None:
    before = clone.committed()
    for words in (("hunter22",), ("@",), ("@nowhere",)):
        refused = clone.run("secret", "set", SITE, "appsToken", *words)
        assert refused.code == 2 and "hunter22" not in refused.told
    assert clone.run("secret", "set", SITE, "appsToken").code == 2  # nothing on standard input
    assert clone.run("secret", "set", "nowhere", "appsToken", given="x").code == 2
    assert before == clone.committed()
