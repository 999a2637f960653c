"""``dualstack render --join``."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualstack.cli.secrets import refuse_weak
from dualstack.errors import InputError
from tests.cli.conftest import Run


def test_the_command_writes_image_and_runbook(run: Run, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-of-the-tests")
    out = tmp_path / "out"
    done = run("render", "demo-ha", "--join", "mgmt-1", "--out", str(out), "--secret", f"rke2Token=@{token}")
    assert done.code == 0, done.told
    assert "JOIN.md" in done.out
    assert "DS279" not in done.out
    assert "mgmt-1" in (out / "JOIN.md").read_text()
    refused = run("render", "demo-ha", "--out", str(out), "--secret", f"rke2Token=@{token}")
    assert refused.code == 2
    assert "demo-ha-mgmt-1" in refused.err


@pytest.mark.parametrize("join", [(), ("--join", "mgmt-2")])
def test_without_the_token_nothing_is_written(run: Run, tmp_path: Path, join: tuple[str, ...]) -> None:
    done = run("render", "demo-ha", *join, "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "rke2Token" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("abc", "fewer than 16 characters"),
        ("fifteen-letters", "fewer than 16 characters"),
        ("two words and some more", "white space"),
        ("K10abcdefabcdefabcdef", "begins with K10"),
        (f"K10{'ab' * 32}::server:", "begins with K10"),
        (f"K10{'ab' * 32}::server:secret", None),
        ("sixteen-letters!", None),
    ],
)
def test_a_weak_token_is_refused_and_not_repeated(token: str, why: str | None) -> None:
    if why is None:
        refuse_weak("rke2Token", token)
        return
    with pytest.raises(InputError) as refused:
        refuse_weak("rke2Token", token)
    assert why in str(refused.value)
    assert token not in f"{refused.value}{refused.value.fix}"
    refuse_weak("appsToken", token)


def test_render_refuses_a_weak_token(run: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc")
    done = run("render", "demo-ha", "--out", str(tmp_path / "out"), "--secret", f"rke2Token=@{tmp_path / 'token'}")
    assert (done.code, (tmp_path / "out").exists()) == (2, False)
    assert "fewer than 16 characters" in done.err
