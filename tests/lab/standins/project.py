"""A copy of the project that the real engine deploys with stand-in providers; the committed files stay as they are."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.document.yamlio import dump
from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env
from tests import PROJECT
from tests.components.support import libvirt_site
from tests.lab.standins.control import VARIABLE, Control

STACK = "lab"
CANARY = "canary-0f1e2d3c"
"""Part of every secret here, of one as base64."""
SECRETS = {
    "rancherBootstrapPassword": f"{CANARY}-bootstrap",
    "appsToken": f"{CANARY}-apps",
    "sccRegistrationCode": f"{CANARY}-scc",
    "kubeconfig": f"{{apiVersion: v1, kind: Config, users: [{{name: x, user: {{token: {CANARY}-token}}}}]}}",
    "rke2Token": f"{CANARY}-rke2",
    "tsigSecret": base64.b64encode(f"{CANARY}-tsig, which is long".encode()).decode(),
}
PROVIDERS = ("libvirt", "kubernetes", "command")
PARTS = ("dualstack", "components", "provider", "stacks", "Pulumi.yaml", "__main__.py")
LAUNCHER = '#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" -P -m tests.lab.standins.serve {name} "$@"\n'
# No plugin cache, no login and no variable of whoever runs the tests may have a say.
# Without bytecode each run would compile the copy anew.
FOREIGN = ("PULUMI_", "LIBVIRT_", "KUBECONFIG", "DUALSTACK_", "PYTHONDONTWRITEBYTECODE")
SECONDS = 120
SETTLED = 1.5
"""Seconds without a write after which a run that hangs has written all."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def told(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr


def small_site(**host: Any) -> dict[str, Any]:
    """Give a site with everything that is deployed on a libvirt host, and as few charts as that takes.

    Args:
        host: settings beside kind, image and readiness.
    """
    site = libvirt_site()
    site["delivery"] = "pulumi"
    site["charts"].update({name: {"enabled": False} for name in ("turtles", "neuvector")})
    # The stand-in's VM answers nobody.
    site["host"].update({"readiness": "off", **host})
    return site


class Deployment:
    """A project folder, its stand-ins, and ``pulumi`` in it."""

    seconds = SECONDS
    """For one command."""
    project = "dualstack"
    """Its name."""

    def __init__(self, folder: Path, standins: Iterable[str] = PROVIDERS) -> None:
        """Copy the project below a folder.

        Args:
            folder: empty; gets ``project``, ``bin`` and ``standins``.
            standins: providers that are not the real ones; the others' plugins are those on PATH.
        """
        engine = cached_build()
        if engine is None:
            pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
        self.folder = folder / "project"
        self.folder.mkdir()
        self.control = Control(folder / "standins")
        self.control.folder.chmod(0o700)
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, self.folder / part)
            else:
                shutil.copy2(source, self.folder / part)
        (self.folder / ".venv").symlink_to(sys.prefix)
        programs = folder / "bin"
        programs.mkdir()
        for name in standins:
            launcher = programs / f"pulumi-resource-{name}"
            launcher.write_text(LAUNCHER.format(root=PROJECT, python=sys.executable, name=name))
            launcher.chmod(0o755)
        self._engine, self._programs = engine, programs
        self.environment = self._environment()

    def _environment(self) -> dict[str, str]:
        ours = engine_env(self._engine, self.folder)
        clean = {key: value for key, value in child_environment(ours).items() if not key.startswith(FOREIGN)}
        made = clean | ours | {VARIABLE: str(self.control.folder)}
        # First: the real plugins may be on PATH, too.
        return made | {"PATH": f"{self._programs}{os.pathsep}{made['PATH']}"}

    def pulumi(self, *arguments: str, code: int | None = 0, **environment: str) -> Done:
        """Run ``pulumi``; another exit code than the wanted one fails the test, None takes any."""
        process = self.start(*arguments, **environment)
        try:
            stdout, stderr = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            raise
        done = Done(process.returncode, stdout, stderr)
        assert code is None or (done.code == 0) == (code == 0), f"{arguments} ended with {done.code}\n{done.told}"
        return done

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``pulumi`` and go on."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            executable=shutil.which("pulumi", path=self.environment["PATH"]),
        )

    def site(self, data: dict[str, Any], stack: str = STACK) -> None:
        """Write a site; what the CLI keeps in the stack file (salt, secrets) stays."""
        file = self.folder / "stacks" / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(file.read_text()) if file.exists() else {}
        document.setdefault("config", {})["dualstack:site"] = data
        file.write_text(dump(document))

    def init(self, stack: str = STACK) -> None:
        """Make the stack, with a secret for every key that a site of the tests asks for."""
        self.pulumi("stack", "init", stack)
        secrets = [word for key, value in SECRETS.items() for word in ("--secret", f"dualstack:{key}={value}")]
        self.pulumi("config", "set-all", *secrets)

    def up(self, *arguments: str, code: int | None = 0, **environment: str) -> Done:
        """Run ``pulumi up`` without asking and without a preview before it."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, code=code, **environment)

    @contextlib.contextmanager
    def logged(self, *arguments: str) -> Iterator[Path]:
        """Run ``pulumi`` and give the engine's log; it holds secrets, so it is private and removed."""
        handle, name = tempfile.mkstemp(prefix="grpc.", dir=self.folder.parent)
        os.close(handle)
        log = Path(name)
        try:
            self.pulumi(*arguments, PULUMI_DEBUG_GRPC=name)
            assert stat.S_IMODE(log.stat().st_mode) == 0o600
            yield log
        finally:
            log.unlink()

    def state(self, stack: str = STACK) -> dict[str, Any]:
        """Give the deployment in the backend: ``resources``, ``pending_operations``."""
        latest: dict[str, Any] = json.loads(self._checkpoint(stack).read_text())["checkpoint"]["latest"] or {}
        return latest

    def _checkpoint(self, stack: str) -> Path:
        return self.folder / ".dualstack/state/.pulumi/stacks" / self.project / f"{stack}.json"

    def settle(self) -> None:
        """Wait until a run that hangs writes no state any more.

        The engine puts a checkpoint and its file of attributes in their places one after the other, and a kill between
        leaves the second empty (tests/truth has that). Here it would hide what is asked.
        """
        seen, since = 0, time.monotonic()
        while time.monotonic() - since < SETTLED:
            written = self._checkpoint(STACK).stat().st_mtime_ns
            if written != seen:
                seen, since = written, time.monotonic()
            time.sleep(0.05)

    def deployed(self, site: dict[str, Any]) -> None:
        """Make the stack for a site, bring it up, and forget the calls that it took."""
        self.site(site)
        self.init()
        self.up()
        self.control.forget()

    def changed(self, site: dict[str, Any], *, code: int | None = 0) -> list[str]:
        """Bring up a changed site; give the calls that it took, such as ``delete management-host-vm``."""
        self.control.forget()
        self.site(site)
        self.up(code=code)
        return [str(call) for call in self.control.calls()]

    def resources(self, stack: str = STACK) -> dict[str, dict[str, Any]]:
        """Give the custom resources in state by name, providers left out; none may be there twice."""
        found: dict[str, dict[str, Any]] = {}
        for resource in self.state(stack).get("resources", ()):
            if resource.get("custom") and not resource["type"].startswith("pulumi:providers:"):
                name = resource["urn"].split("::", 3)[3]
                assert name not in found, f"{name} is in state twice"
                found[name] = resource
        return found


def kill(process: subprocess.Popen[str]) -> None:
    """End a process and all below it at once, as a power failure does."""
    pids = [process.pid, *descendants(process.pid)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=20)


def descendants(pid: int) -> Iterator[int]:
    """Give the children of a process, theirs, and so on."""
    parents: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold spaces; the parent is the second field after it.
            parents.setdefault(int(file.read_text().rpartition(")")[2].split()[1]), []).append(int(file.parent.name))
    below = parents.get(pid, [])
    while below:
        yield from below
        below = [child for parent in below for child in parents.get(parent, [])]
