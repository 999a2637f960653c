"""The command: its formats, exit codes, and what a place without routes says."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dualstack.address.family import FAMILIES
from dualstack.probe.api import try_api
from dualstack.probe.connect import Status
from dualstack.verify.formats import as_json, as_junit, as_prometheus
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.run import exit_code, verify
from tests.cli.conftest import Project, Run, project, run
from tests.lab import api
from tests.verify.lab import V6, plan, results, serving

__all__ = ["project", "run"]


def test_a_place_without_routes_checks_nothing(project: Project) -> None:
    project.site("paris")
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    command = ["unshare", "-n", sys.executable, "-c", "from dualstack.cli import main; main()", "verify", "paris"]

    ran = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=120, check=False)

    assert (ran.returncode, ran.stderr) == (2, "")
    assert "0 ok, 0 failed, 0 pending," in ran.stdout
    assert "no IPv6 route from here" in ran.stdout


def test_only_takes_kinds_and_families(run: Run, project: Project) -> None:
    project.site("paris")

    ran = run("verify", "paris", "--only", "dnss", "--format", "json")

    assert (ran.code, "redfish" in ran.json["error"]["fix"]) == (2, True)


def test_formats_tell_the_same() -> None:
    with serving({(V6, 6443): {"dead": True}}) as lab:
        found = results(plan(), lab.way(), "api")

    told = as_json("paris", found)
    assert told["summary"] == {"ok": 3, "failed": 1, "pending": 0, "not checkable": 2}
    report = ElementTree.fromstring(as_junit("paris", found))
    assert len(report.findall(".//failure")) == 1
    assert len(report.findall(".//skipped")) == 2
    metrics = as_prometheus("paris", found)
    assert f'at="[{V6}]:6443",family="ipv6",asked="HTTPS, GET /readyz",result="failed"}} 1' in metrics
    assert metrics.count("certificate_end_seconds{") == 1


def test_it_asks_again_until_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualstack.verify.run.PAUSE", 0.01)
    words = iter([Word.FAILED, Word.FAILED, Word.OK])
    check = Check(Kind.API, "ipv4", lambda way: [Result(Kind.API, "a", "b", next(words), "")])

    found = verify([check], FAMILIES, Way(), lambda done, total, failed: None, wait=60)

    assert exit_code(found) == 0


def test_a_server_that_ends_tls_as_it_should_is_read_to_its_end(tmp_path: Path) -> None:
    """Go's servers send a close_notify."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "pem").write_text(api.certificate())
    context.load_cert_chain(tmp_path / "pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as one:
                one.recv(4096)
                one.sendall(api.OK)
                with suppress(OSError):  # the client need not answer
                    one.unwrap()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        found = try_api("ipv4", "127.0.0.1", listener.getsockname()[1], 5.0, lambda: False)
        thread.join(10)

    assert found.status is Status.ANSWERED
