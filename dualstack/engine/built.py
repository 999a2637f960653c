"""The CLI built from Go modules, by the go.mod files in ``tools/``: for the demo, the tests and closed labs.

Two modules, because the Python language host has been a module without tags since ``sdk/v3`` 3.79.0, the last release
that holds one, and the CLI needs a newer ``sdk/v3``. The host's launcher scripts lie in the same module; they are taken
from there when the engine is built.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dualstack.engine.cache import cache_folder, finish, kept, locked, staged
from dualstack.engine.language_host import MENDED, OWN, copy_source
from dualstack.engine.model import LANGUAGE_HOST, PROGRAM, Engine, How, Report, StepError, platform_name
from dualstack.engine.toolchain import GoVersion, find_go, go_environment

TOOLS: Final = Path(__file__).resolve().parents[2] / "tools"

_CLI: Final = "github.com/pulumi/pulumi/pkg/v3"
_SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
# With the v, as the official builds have it.
_STAMP: Final = f"{_SDK}/go/common/version.Version=v"
_LAUNCHERS: Final = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-*")
_HEARTBEAT: Final = 20.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is built, read from the go.mod files.

    Attributes:
        tools: the folder with the two modules.
        version: of the CLI.
        host: version of the module that holds the language host.
        go: the oldest Go that builds both.
        digest: of everything that decides what comes out, in hex.
    """

    tools: Path
    version: str
    host: str
    go: GoVersion
    digest: str

    @classmethod
    def read(cls, tools: Path) -> Recipe:
        """Read the recipe.

        Raises:
            StepError: the folder is not there, as in an installation without the repository around it.
        """
        modules = [tools / "pulumi", tools / "language-python"]
        files = [*(module / name for module in modules for name in ("go.mod", "go.sum")), modules[1] / OWN]
        try:
            texts = [file.read_text(encoding="utf-8") for file in files]
        except OSError:
            raise StepError(f"{tools} is not there: only a clone of the repository can build") from None
        digest = hashlib.sha256("\0".join([*texts, _STAMP, *_LAUNCHERS, repr(MENDED)]).encode()).hexdigest()
        go = max(_go_line(texts[0]), _go_line(texts[2]))
        return cls(tools, _required(texts[0], _CLI), _required(texts[2], _SDK), go, digest)

    def folder(self) -> Path:
        """Give the place in the cache; another recipe has another."""
        return cache_folder("pulumi") / f"{self.version}-{platform_name()}-built-{self.digest[:8]}"


def cached(tools: Path = TOOLS) -> Engine | None:
    """Give the built CLI from the cache; None where it was not built yet, or cannot be."""
    try:
        recipe = Recipe.read(tools)
        return kept(recipe.folder(), recipe.version, How.BUILT)
    except StepError:
        return None


def build(report: Report, tools: Path = TOOLS) -> Engine:
    """Give the CLI built from Go modules, from the cache or else by building it.

    A killed build goes on where it was, by Go's own caches; of two at once the second waits and takes what the first
    has made.

    Raises:
        StepError: no Go, no modules to be had, or they do not build.
    """
    recipe = Recipe.read(tools)
    folder = recipe.folder()
    if engine := kept(folder, recipe.version, How.BUILT):
        return engine
    with locked(folder, report) as lock:
        if engine := kept(folder, recipe.version, How.BUILT):
            return engine
        go = find_go(tools, recipe.go, report)
        report(f"building Pulumi {recipe.version} from Go modules with {go} (once; 2 to 10 minutes)")
        started = time.monotonic()
        with staged(folder) as stage:
            maker = _Maker(go, folder.with_name(f"{folder.name}.log"), lock, report)
            maker.compile(tools / "pulumi", f"{_CLI}/cmd/pulumi", recipe.version, stage / PROGRAM)
            module, source = tools / "language-python", stage / "source"
            sdk = _sdk(go, module)
            copy_source(sdk, module, source)
            maker.compile(source, ".", recipe.host, stage / LANGUAGE_HOST)
            shutil.rmtree(source)
            _take_launchers(sdk, stage)
            finish(stage, recipe.version, How.BUILT)
        report(f"built in {time.monotonic() - started:.0f} seconds, kept in {folder}")
    return Engine(folder, recipe.version, How.BUILT)


def _required(text: str, module: str) -> str:
    match = re.search(rf"^\s*(?:require\s+)?{re.escape(module)} v(\S+)", text, re.MULTILINE)
    if match is None:
        raise StepError(f"the go.mod in tools/ does not require {module}")
    return match[1]


def _go_line(text: str) -> GoVersion:
    match = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?$", text, re.MULTILINE)
    if match is None:
        raise StepError("the go.mod in tools/ has no line that says which Go it needs")
    return int(match[1]), int(match[2]), int(match[3] or 0)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Runs ``go build`` with a line from time to time; the log stays if it fails."""

    go: Path
    log: Path
    lock: int
    report: Report

    def compile(self, module: Path, package: str, version: str, target: Path) -> None:
        command = [str(self.go), "build", "-v", "-trimpath", "-ldflags", f"-s -w -X {_STAMP}{version}"]
        with self.log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "-o", str(target), package],
                cwd=module,
                env=go_environment(self.go),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                pass_fds=(self.lock,),
            )
            try:
                code = self._watch(process, target.name)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        if code != 0:
            said = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
            raise StepError(f"`go build` fails: {said[-1] if said else f'exit code {code}'} (all of it in {self.log})")
        self.log.unlink()

    def _watch(self, process: subprocess.Popen[bytes], name: str) -> int:
        started = time.monotonic()
        while True:
            try:
                return process.wait(_HEARTBEAT)
            except subprocess.TimeoutExpired:
                lines = self.log.read_bytes().splitlines()
                fetched = sum(line.startswith(b"go: downloading") for line in lines)
                done = f"{fetched} modules fetched, " if fetched else ""
                done += f"{len(lines) - fetched} packages compiled"
                self.report(f"building {name}: {done}, {time.monotonic() - started:.0f} seconds")


def _sdk(go: Path, module: Path) -> Path:
    """Give the folder of the module that holds the language host; it is downloaded where it is not there."""
    answer = subprocess.run(
        [go, "mod", "download", "-json", _SDK],
        cwd=module,
        env=go_environment(go),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told = json.loads(answer.stdout)
        if answer.returncode == 0:
            return Path(told["Dir"])
        said = told.get("Error", "")
    except (ValueError, KeyError):
        said = answer.stderr.strip()
    raise StepError(f"`go mod download` does not get {_SDK}: {said}")


def _take_launchers(sdk: Path, target: Path) -> None:
    """Copy the language host's scripts out of its module, as Pulumi's own packages have them beside the programs."""
    for pattern in _LAUNCHERS:
        for script in sdk.glob(pattern):
            if script.suffix != ".cmd":
                shutil.copyfile(script, target / script.name)
                (target / script.name).chmod(0o755)
    if not (target / "pulumi-language-python-exec").is_file():
        raise StepError(f"{sdk} holds no launcher of the language host")
