"""The provider process over its gRPC interface, as the engine uses it, with a real BIND behind it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2

from provider.frame.handlers import HANDLERS
from tests.lab.bind import SITE, Bind
from tests.lab.provider import LAUNCHER, SECRET, SIGNATURE, UNKNOWN, ProviderProcess, secret, struct

RECORDS, POINTER = "dualstack:dns:RecordSet", "dualstack:dns:Pointer"
CANARY = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"


@pytest.fixture(scope="module")
def process() -> Iterator[ProviderProcess]:
    with ProviderProcess() as running:
        yield running
    # Nothing but the port, and no secret, whatever the tests did.
    assert running.stdout == ""
    assert CANARY not in running.stderr


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    server = Bind(tmp_path_factory.mktemp("bind"))
    server.secrets["site-key"] = CANARY
    server.start()
    yield server
    server.stop()


def inputs(server: dict[str, Any] | None = None, name: str = f"ironic.{SITE}") -> dict[str, Any]:
    default = {"address": "127.0.0.1", "port": 53, "key": {"name": "k", "secret": secret(CANARY)}}
    return {
        "record": name,
        "zone": SITE,
        "ipv4": ["192.168.100.10"],
        "ipv6": ["fd00:100::10"],
        "ttl": 600,
        "server": server or default,
    }


def with_secret(bind: Bind) -> dict[str, Any]:
    server = bind.server()
    return {**server, "key": {**server["key"], "secret": secret(server["key"]["secret"])}}


def test_the_stacks_config_stays_out_of_the_providers_state(process: ProviderProcess) -> None:
    """The engine hands over every key of the namespace, the site and its secrets with it."""
    news = struct({"version": "0.1.0", "site": '{"schema": 1}', "rancherBootstrapPassword": secret("hunter2hunter2")})
    urn = "urn:pulumi:test::dualstack::pulumi:providers:dualstack::default"
    checked = process.stub.CheckConfig(provider_pb2.CheckRequest(urn=urn, news=news))
    assert dict(checked.inputs.fields) == dict(struct({"version": "0.1.0"}).fields)

    configured = process.stub.Configure(provider_pb2.ConfigureRequest(args=checked.inputs, acceptSecrets=True))
    assert (configured.acceptSecrets, configured.supportsPreview, configured.acceptOutputs) == (True, True, False)
    olds = struct({"version": "0.0.9"})
    diff = process.stub.DiffConfig(provider_pb2.DiffRequest(urn=urn, id="x", olds=olds, news=news))
    assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert not diff.replaces


def test_a_record_set_from_check_to_delete(process: ProviderProcess, bind: Bind) -> None:
    checked, failures = process.check(RECORDS, inputs(with_secret(bind)))
    assert not failures
    assert checked["server"]["key"]["secret"] == {SIGNATURE: SECRET, "value": CANARY}

    id_, state = process.create(RECORDS, checked, preview=True)
    assert (id_, state["ttl"]) == ("", 600)
    id_, state = process.create(RECORDS, checked)
    assert id_ == f"ironic.{SITE}"
    assert state["server"]["key"]["secret"] == {SIGNATURE: SECRET, "value": CANARY}
    assert bind.ask(id_, "AAAA") == (("fd00:100::10",), 600)
    assert process.diff(RECORDS, checked, state, checked).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert process.read(RECORDS, id_, checked, state) == (id_, checked, state)

    changed = {**checked, "ttl": 60}
    diff = process.diff(RECORDS, checked, state, changed)
    assert (diff.changes, list(diff.diffs), list(diff.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, ["ttl"], [])
    assert diff.detailedDiff["ttl"].kind == provider_pb2.PropertyDiff.UPDATE
    state = process.update(RECORDS, id_, checked, state, changed)
    assert state["server"]["key"]["secret"] == {SIGNATURE: SECRET, "value": CANARY}
    assert bind.ask(id_, "A")[1] == 60

    moved = process.diff(RECORDS, changed, state, {**changed, "zone": "example"})
    assert (list(moved.replaces), moved.detailedDiff["zone"].kind) == (
        ["zone"],
        provider_pb2.PropertyDiff.UPDATE_REPLACE,
    )
    process.delete(RECORDS, id_, changed, state)
    assert bind.ask(id_, "A")[0] == ()
    assert process.read(RECORDS, id_, changed, state) == ("", {}, {})


def test_an_unknown_value_is_kept_at_preview(process: ProviderProcess) -> None:
    given = {**inputs(), "ipv4": UNKNOWN, "ipv6": ["fd00:100::10", UNKNOWN]}
    checked, failures = process.check(RECORDS, given)
    assert not failures
    assert (checked["ipv4"], checked["ipv6"]) == (UNKNOWN, ["fd00:100::10", UNKNOWN])
    _, state = process.create(RECORDS, checked, preview=True)
    assert state["ipv4"] == UNKNOWN
    known, _ = process.check(RECORDS, inputs())
    assert list(process.diff(RECORDS, known, known, checked).diffs) == ["ipv4", "ipv6"]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"ttl": "600"}, "ttl", "it must be the TTL in seconds, not a text"),
    ({"ttl": 0.5}, "ttl", "not a fraction"),
    ({"ttl": -1}, "ttl", "-1 is not between 0 and 2147483647"),
    ({"ttl": None}, "ttl", "it is missing: the TTL in seconds"),
    ({"record": "a b"}, "record", "'a b' is no DNS name"),
    ({"record": "ironic.lyon.example"}, "record", "ironic.lyon.example is not in the zone paris.example"),
    ({"zone": "münchen.example"}, "zone", "write international names in their xn-- form"),
    ({"ipv4": []}, "ipv4", "the name would have AAAA only; give the IPv4 address"),
    ({"ipv6": ["192.168.100.10"]}, "ipv6[0]", "'192.168.100.10' is no IPv6 address"),
    ({"ipv6": ["fe80::1%eth0"]}, "ipv6[0]", "no IPv6 address that a record can hold"),
    ({"ipv6": "fd00::1"}, "ipv6", "it must be IPv6 addresses, as a list, not a text"),
    ({"adopt": "yes"}, "adopt", "it must be true or false, not a text"),
    ({"ipv5": []}, "ipv5", "there is no such property; known are record, zone"),
    ({"server": {"port": 53}}, "server.address", "zone paris.example has no server"),
    ({"server": {"address": "::1", "port": 0}}, "server.port", "0 is not between 1 and 65535"),
    ({"server": {"address": "a_b c"}}, "server.address", "is no DNS name"),
    ({"server": {"address": "::1", "key": {"name": "k"}}}, "server.key.secret", "key k has no secret in this stack"),
    (
        {"server": {"address": "::1", "key": {"name": "k", "algorithm": "hmac-md5", "secret": secret(CANARY)}}},
        "server.key.algorithm",
        "'hmac-md5' is none of hmac-sha256, hmac-sha384, hmac-sha512",
    ),
    (
        {"server": {"address": "::1", "key": {"name": "k", "secret": secret(CANARY + "!")}}},
        "server.key.secret",
        "it is not base64",
    ),
]


@pytest.mark.parametrize(("change", "path", "words"), WRONG)
def test_each_property_is_judged_by_name(
    process: ProviderProcess, change: dict[str, Any], path: str, words: str
) -> None:
    _, failures = process.check(RECORDS, {**inputs(), **change})
    assert list(failures) == [path]
    assert words in failures[path]
    assert CANARY not in failures[path]


def test_names_and_addresses_are_normalised(process: ProviderProcess) -> None:
    given = {
        **inputs(),
        "record": "Ironic.PARIS.example.",
        "ipv6": ["FD00:100:0::10", "fd00:100::10", "fd00:100::9"],
        "server": {"address": "[FD00::53]", "key": {"name": "Key.", "algorithm": "HMAC-SHA256.", "secret": CANARY}},
    }
    checked, failures = process.check(RECORDS, given)
    assert not failures
    assert (checked["record"], checked["ipv6"]) == (f"ironic.{SITE}", ["fd00:100::9", "fd00:100::10"])
    assert checked["server"] == {
        "address": "fd00::53",
        "port": 53,
        "key": {"name": "key", "algorithm": "hmac-sha256", "secret": CANARY},
    }
    _, failures = process.check(POINTER, {**inputs(), "target": "a"})
    assert set(failures) == {"ipv4", "ipv6"}


def test_errors_are_words(process: ProviderProcess, bind: Bind) -> None:
    checked, _ = process.check(RECORDS, inputs({**with_secret(bind), "port": 9}))
    for call in (
        lambda: process.create(RECORDS, checked),
        lambda: process.read(RECORDS, "x", checked, checked),
        lambda: process.update(RECORDS, "x", checked, checked, checked),
        lambda: process.delete(RECORDS, "x", checked, checked),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert caught.value.details().startswith("no connection to the name server 127.0.0.1 port 9 over TCP")
        assert "Traceback" not in caught.value.details()


def test_a_type_that_is_not_ours(process: ProviderProcess) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        process.check("dualstack:dns:Nothing", {})
    assert caught.value.details().startswith(
        "dualstack has no resource type dualstack:dns:Nothing; it has dualstack:dns:"
    )


def test_the_tokens_are_those_in_peoples_state_files() -> None:
    assert set(HANDLERS) == {
        RECORDS,
        POINTER,
        "dualstack:dns:Answers",
        "dualstack:image:Directory",
        "dualstack:image:Build",
        "dualstack:host:Installation",
        "dualstack:host:Ready",
    }


def test_sigterm_and_cancel_end_it_cleanly() -> None:
    with ProviderProcess() as running:
        running.stub.Cancel(empty_pb2.Empty())
        assert running.end() == 0
    assert (running.stdout, running.stderr) == ("", "")


@pytest.mark.parametrize("serves", [True, False])
def test_it_ends_with_the_process_that_started_it(tmp_path: Path, serves: bool) -> None:
    """A CLI that was killed leaves no provider behind, also where that was while the provider started."""
    pid_file, port_file, go = tmp_path / "pid", tmp_path / "port", tmp_path / "go"
    # Python starts only once the shell that started the launcher is gone, or the shell waits until it serves.
    slow = tmp_path / "sitecustomize.py"
    slow.write_text(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\n")
    script = f'"{LAUNCHER}" 127.0.0.1:9 >"{port_file}" 2>&1 & echo $! > "{pid_file}"'
    script += f'; while [ ! -s "{port_file}" ]; do sleep 0.1; done; sleep 0.5' if serves else "; sleep 0.3"
    if serves:
        go.touch()
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run(["sh", "-c", script], check=True, timeout=60, env=env)
    go.touch()
    pid = int(pid_file.read_text())
    end = time.monotonic() + 30  # it looks each second; on a loaded machine it may not get to
    while time.monotonic() < end and _runs(pid):
        time.sleep(0.1)
    alive = _runs(pid)
    if alive:
        os.kill(pid, signal.SIGKILL)
    assert not alive
    assert port_file.read_text().strip().isdigit()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_launcher_works_from_anywhere_and_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / LAUNCHER.name
    link.symlink_to(LAUNCHER)
    with ProviderProcess(link, cwd=tmp_path, PYTHONPATH="/nowhere") as running:
        assert running.stub.GetPluginInfo(empty_pb2.Empty()).version


def test_the_launcher_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "provider").mkdir()
    copy = shutil.copy(LAUNCHER, tmp_path / "provider")
    env = {"PATH": "/nowhere", "HOME": str(tmp_path)}
    done = subprocess.run(
        [shutil.which("sh") or "/bin/sh", copy, "x"], env=env, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "needs Python 3.11 or newer with pulumi and dnspython" in done.stderr
