"""The command on odd terminals: closed, full and narrow streams, other encodings, addresses that look like codes."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualstack.cli.streams import Plain
from tests.cli.conftest import Project, Run
from tests.sites import mapping, put

COMMAND = str(Path(sys.executable).with_name("dualstack"))


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in the current folder."""
    return subprocess.run(
        ["bash", "-c", line.replace("dualstack", COMMAND)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("group", ["100", "1234", "a", "b", "ab", "cd", "abc", "abcd", "bed", "bee"])
def test_an_address_is_no_emoji_code(run: Run, project: Project, group: str) -> None:
    data = put(mapping("hostname"), f"fd00:{group}::{group}/64", "nodes", 0, "interfaces", 0, "ipv6", "address")
    project.site("paris", data)

    out = run("plan", "paris").out

    assert f"fd00:{group}::{group}/64" in out
    assert f"AAAA  fd00:{group}::{group}" in out


@pytest.mark.parametrize("command", ["check", "plan x", "show x", "schema", "sites", "explain"])
def test_no_stream_makes_a_traceback(project: Project, command: str) -> None:
    project.site("x")

    closed = shell(f"dualstack {command} >&-")
    full = shell(f"dualstack {command} >/dev/full")
    gone = shell(f"dualstack {command} | true")

    assert "Traceback" not in closed.stderr + full.stderr + gone.stderr
    assert full.returncode == 2
    assert "No space left" in full.stderr
    assert "Exception ignored" not in full.stderr + gone.stderr


def test_other_encodings_show_text_escaped(project: Project) -> None:
    project.site("x")

    latin = shell("dualstack check x", PYTHONIOENCODING="latin-1")
    ascii_only = shell("dualstack plan x", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert (latin.returncode, ascii_only.returncode) == (0, 0)
    assert "x: " in latin.stdout
    assert "192.168.100.10" in ascii_only.stdout


def test_ctrl_c_is_told_in_a_line(project: Project) -> None:
    project.site("x")
    (project.folder / "__main__.py").write_text("while True: pass\n")
    # Whoever runs the tests in the background has SIGINT ignored, and hands that on.
    words = ["env", "--default-signal=INT", COMMAND, "plan", "x"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(2)  # long enough for the start-up; too early would still have to be told without a traceback
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()

    assert (process.returncode, "Traceback" in told) == (130, False)


def test_json_is_answered_for_a_wrong_command_line(run: Run, project: Project) -> None:
    project.site("x")

    message = run("explain", "zz", "--format", "json").json["error"]["message"]
    assert message == "there is no rule `zz`, and none speaks of it"
    assert run("check", "x", "--nope", "--format", "json").json["version"] == 1


HOSTILE = "a\x1b[31mb\u202ec\x9bd\r\n::add-mask::x\n  ::set-env name=a::b\n::error title=a:b::c\n##[group]\u2028e"


@pytest.mark.parametrize(
    "command", ["check x", "show x", "show x --origin", "plan x --force", "sites", "check x --format json"]
)
def test_values_are_no_commands_to_a_terminal_or_a_log(run: Run, project: Project, command: str) -> None:
    """In reasons, values, keys and names of files: no escape sequence, no direction, no command of a runner."""
    data = put(mapping(), {"DS102": {"level": "info", "because": HOSTILE}}, "rules")
    put(data, {HOSTILE: HOSTILE, "password": "x" * 9}, "charts", "rancher", "values")
    put(data, HOSTILE, "image", "nope")
    project.site("x", data)
    project.site("y\x1b[31m\u202e", data)

    ran = run(*command.split(), "--project", project.folder)

    for text in (ran.out, ran.err):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)
        assert not re.search(r"^\s*::[a-z-]+.*::|##\[", text, re.MULTILINE)
    assert ran.out or ran.err
    if "json" in command:
        assert ran.json["version"] == 1


@pytest.mark.parametrize(
    "line",
    ["::add-mask::x", "  ::error title=a:b::c", "::set-output name=a,b=::c", "a ##[add-mask]b"],
)
def test_no_line_is_a_command_of_a_runner(line: str) -> None:
    """As its ActionCommand.cs reads them: what stands between ``::`` and the next one, or behind ``##[`` anywhere."""
    stream = io.StringIO()
    print(f"first\n{line}\n::1 is an address, and fd00::1\n::ffff:192.0.2.1 fd00::1", file=Plain(stream))
    _, found, *addresses = stream.getvalue().splitlines()
    assert not re.search(r"^\s*::|##\[", found)
    assert addresses == ["::1 is an address, and fd00::1", "::ffff:192.0.2.1 fd00::1"]


def test_messages_do_not_go_to_the_answer_where_the_other_stream_is_closed(project: Project) -> None:
    project.site("x")
    project.text("other", "config: {}")
    closed = shell("dualstack check --format json 2>&-")
    assert json.loads(closed.stdout)["version"] == 1
