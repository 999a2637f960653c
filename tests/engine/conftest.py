"""A machine of a test's own: nothing on PATH but what the test puts there, an empty cache, no network."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dualstack.engine.language_host import FOLDER, MENDED

FAKE_GO = """#!{python}
import json, os, pathlib, sys, time
folder = pathlib.Path({folder!r})
command = sys.argv[1]
if command == "env":
    print({version!r})
elif command == "mod":
    print(json.dumps({{"Dir": str(folder / "sdk")}}))
elif command == "build":
    with open(folder / "builds", "a") as log:
        log.write(" ".join(sys.argv[1:]) + "\\n")
    if sys.argv[-1] == ".":
        (folder / "main.go").write_text(pathlib.Path("main.go").read_text())
    (folder / "started.new").write_text(str(os.getpid()))
    (folder / "started.new").rename(folder / "started")
    for _ in range(400):
        if not (folder / "hold").exists():
            break
        time.sleep(0.05)
    if (folder / "broken").exists():
        sys.exit("main.go:1: undefined: everything")
    target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
    target.write_text("#!/bin/sh\\necho v3.246.0\\n")
    target.chmod(0o755)
"""


class Machine:
    """What stands on it, and what was reported."""

    def __init__(self, folder: Path) -> None:
        """Make it below a folder."""
        self.folder = folder
        self.bin = folder / "bin"
        self.cache = folder / "cache"
        self.lines: list[str] = []
        self.bin.mkdir()

    def report(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)

    @property
    def told(self) -> str:
        """All that was reported."""
        return "\n".join(self.lines)

    def script(self, path: Path, text: str) -> Path:
        """Write an executable."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def pulumi(self, version: str, folder: Path | None = None, *, language_host: bool = True) -> Path:
        """Put a CLI on the machine that says it is a version; into a folder other than PATH's where one is named."""
        place = folder or self.bin
        if language_host:
            self.script(place / "pulumi-language-python", "#!/bin/sh\n")
        return self.script(place / "pulumi", f"#!/bin/sh\necho {version}\n")

    def go(self, version: str = "go1.26.8") -> Path:
        """Put a Go on PATH that makes scripts in place of programs, waiting while the file ``hold`` is there."""
        for launcher in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
            self.script(self.folder / "sdk" / launcher, "#!/bin/sh\n")
        self.script(self.folder / "sdk/python/dist/pulumi-python-shim.cmd", "")
        main = self.script(self.folder / "sdk" / FOLDER / "main.go", "".join(f"{old}\n" for old, _ in MENDED))
        main.chmod(0o444)  # as Go's cache has it
        text = FAKE_GO.format(python=sys.executable, folder=str(self.folder), version=version)
        return self.script(self.bin / "go", text)

    @property
    def builds(self) -> list[str]:
        """The command lines of the builds so far."""
        log = self.folder / "builds"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def kept(self) -> list[str]:
        """Names in the cache of engines, without the locks."""
        return sorted(path.name for path in (self.cache / "dualstack/pulumi").iterdir() if path.suffix != ".lock")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with nothing."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("XDG_CACHE_HOME", str(made.cache))
    monkeypatch.setenv("HOME", str(tmp_path))
    # Nobody listens on port 1: the connection is refused at once.
    monkeypatch.setenv("DUALSTACK_PULUMI_URL", "http://127.0.0.1:1/sdk")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return made
