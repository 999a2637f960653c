"""A stand-in for podman on PATH, whose only container image is a stand-in for Edge Image Builder.

It keeps to what the real ones do: EIB reads ``/eib``, makes the image there under its final name before it is whole,
leaves ``_build/build-<time>/eib-build.log`` and its cache, and says on stdout little more than "check the log".
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

SCRIPT = """#!{python} -IS
import hashlib, json, os, pathlib, signal, sys, time

home = pathlib.Path({home!r})
plan = json.loads((home / "plan.json").read_text())
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "rm":
    pid = home / "pid"
    if pid.exists():
        try:
            os.kill(int(pid.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            pass
        pid.unlink()
    sys.exit(0)
volumes = [item.partition("=")[2].split(":") for item in sys.argv if item.startswith("--volume=")]
eib = pathlib.Path(volumes[0][0])
base = pathlib.Path(volumes[1][0])
say = lambda line: print(line, flush=True)
if plan.get("podman"):
    say(plan["podman"])
    sys.exit(125)
build = eib / "_build" / "build-Jan01_00-00-00"
build.mkdir(parents=True)
log = (build / "eib-build.log").open("w")
seen = sorted(str(path.relative_to(eib)) for path in eib.rglob("*") if path.is_file() and "_build" not in path.parts)
(home / "seen.json").write_text(json.dumps(seen))
cached = eib / "_build" / "cache" / "12345"
(home / "cached").write_text(str(cached.exists()))
if not cached.exists():
    cached.parent.mkdir(exist_ok=True)
    cached.write_text("rke2")
say("Generating image customization components...")
say("Identifier ................... [SUCCESS]")
for line in plan.get("say", []):
    say(line)
for line in plan.get("log", []):
    log.write(line + "\\n")
log.flush()
lines = (eib / "definition.yaml").read_text().splitlines()
output = next(line.split(": ")[1] for line in lines if "outputImageName" in line)
if not plan.get("silent"):
    (eib / output).write_bytes(b"half")
if plan.get("hang"):
    if plan["hang"] == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (home / "pid").write_text(str(os.getpid()))
    say("hanging")
    time.sleep(60)
    (home / "survived").touch()
if plan.get("fail"):
    say("Kubernetes ................... [FAILED ]")
    say("Please check the eib-build.log file under the build directory for more information.")
    words = "An error occurred building the image: " + plan["fail"]
    log.write("2026-01-01T00:00:00.000Z\\tFATAL\\tbuild/build.go:97\\t" + words + "\\n")
    log.write("github.com/suse-edge/edge-image-builder/pkg/cli/build.Run\\n\\t/src/pkg/cli/build/build.go:97\\n")
    sys.exit(1)
if not plan.get("silent"):
    digest = hashlib.sha256(base.read_bytes())
    for name in seen:
        digest.update((eib / name).read_bytes())
    (eib / output).write_text(digest.hexdigest())
say("Image build complete!")
"""


class Podman:
    """The stand-in; ``plan`` says what the next build does."""

    def __init__(self, home: Path) -> None:
        """Write the script.

        Args:
            home: a folder of its own; ``home/bin`` goes on PATH, and the project is taken to lie beside it.
        """
        self.home, self.bin, self.project = home, home / "bin", home.parent / "project"
        self.bin.mkdir(parents=True)
        script = self.bin / "podman"
        script.write_text(SCRIPT.replace("{python}", sys.executable).replace("{home!r}", repr(str(home))))
        script.chmod(0o755)
        self.plan()

    def plan(self, **plan: Any) -> None:
        """Say what comes: ``say``, ``log`` (lines), ``fail`` (text), ``hang``, ``silent``, ``podman`` (its error)."""
        (self.home / "plan.json").write_text(json.dumps(plan))

    def calls(self, verb: str = "run") -> list[list[str]]:
        """Give the command lines that began with a verb."""
        path = self.home / "calls"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if line[0] == verb]

    @property
    def seen(self) -> list[str]:
        """The files that the last build found."""
        found: list[str] = json.loads((self.home / "seen.json").read_text())
        return found

    def wait_for_pid(self) -> int:
        """Wait until a build hangs; give its process."""
        path, end = self.home / "pid", time.monotonic() + 20
        while not (path.exists() and path.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        return int(path.read_text())

    def cached(self) -> bool:
        """Whether the last build found its download in the cache."""
        return (self.home / "cached").read_text() == "True"
