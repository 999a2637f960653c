"""Where state is kept: the user's own backend where there is one, else files below the project."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from dualstack.deploy.choice import BackendChoice
from dualstack.document.loader import load_file
from dualstack.engine.environment import EMBEDDED
from dualstack.errors import InputError

URL_VARIABLE: Final = "PULUMI_BACKEND_URL"
_FILES: Final = "file://"


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the state of stacks is.

    Attributes:
        embedded: whether it is the project's own, in ``.dualstack/state``.
        url: as the CLI takes it; None for Pulumi's own choice.
        why: what decided, for people.
        files: the folder of a backend in files; None for any other.
        asked: whether an option named the embedded one; else it is there since none of the user's own is configured.
    """

    embedded: bool
    url: str | None
    why: str
    files: Path | None
    asked: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """What the CLI's environment needs beside ``engine_env``."""
        # Relative ones are taken from the current folder, which for the CLI is the project's, for the user is not.
        return {URL_VARIABLE: self.url} if not self.embedded and self.url and URL_VARIABLE in os.environ else {}

    def __str__(self) -> str:
        """Tell it in one phrase."""
        return f"embedded, in {EMBEDDED}/state ({self.why})" if self.embedded else f"your own ({self.why})"

    def stack_file(self, project: str, stack: str) -> Path | None:
        """Give the file of a stack's state; None for another kind of backend, or where there is none."""
        if self.files is None:
            return None
        folder = self.files / ".pulumi/stacks" / project
        names = (folder / f"{stack}.json{packed}" for packed in ("", ".gz", ".zst"))
        return next((name for name in names if name.exists()), None)

    def updated(self, project: str, stack: str) -> bool:
        """Tell whether an update of the stack ever came to its end; where nobody can know, it did."""
        if self.files is None:
            return True
        folder = self.files / ".pulumi/history" / project / stack
        return folder.is_dir() and any(folder.iterdir())


def choose_backend(project: Path, wanted: BackendChoice | None) -> Backend:
    """Choose the backend: what is asked for, else the user's own where one is configured, else the embedded one.

    Own is, in the CLI's order: PULUMI_BACKEND_URL, ``backend`` in Pulumi.yaml, what ``pulumi login`` noted, an access
    token. The embedded one's address in PULUMI_BACKEND_URL, as ``dualstack env`` sets it, is the embedded one.

    Raises:
        InputError: the own one is asked for, and there is none; or the shell has another project's embedded one, which
            nobody asked for: two clones never meet by accident.
    """
    state = project / EMBEDDED / "state"
    if wanted is BackendChoice.EMBEDDED:
        return Backend(True, None, "asked for", state, asked=True)
    found = _own(project)
    if found is None:
        if wanted is BackendChoice.OWN:
            fix = f"run pulumi login, set {URL_VARIABLE}, or use --backend embedded"
            raise InputError("no Pulumi backend of yours is configured", fix=fix)
        return Backend(True, None, "none of your own is configured", state)
    url, why, base = found
    files = _folder(url, base)
    if files is not None and files.resolve() == state.resolve():
        return Backend(True, None, why, state)
    if wanted is None and os.environ.get(URL_VARIABLE) and files is not None and files.parts[-2:] == state.parts[-2:]:
        fix = (
            'open a new shell, or leave that project: eval "$(dualstack env --backend embedded)"; '
            "--backend own takes that state for this project, too"
        )
        raise InputError(f"dualstack env set this shell to another project's state, {files}", fix=fix)
    return Backend(False, f"{_FILES}{files}" if files is not None and "://." in url else url, why, files)


def _own(project: Path) -> tuple[str, str, Path] | None:
    """Give address, reason, and the folder from which a relative one is taken."""
    if url := os.environ.get(URL_VARIABLE):
        return url, f"{URL_VARIABLE} is set", Path.cwd()
    backend = load_file(project / "Pulumi.yaml", "Pulumi.yaml").data.get("backend")
    if isinstance(backend, Mapping) and isinstance(backend.get("url"), str):
        return str(backend["url"]), "Pulumi.yaml names it", project
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        noted = json.loads((home / "credentials.json").read_text(encoding="utf-8")).get("current")
    except (OSError, ValueError, AttributeError):
        noted = None
    if isinstance(noted, str) and noted:
        return noted, "pulumi login chose it", project
    if os.environ.get("PULUMI_ACCESS_TOKEN"):
        return "https://api.pulumi.com", "PULUMI_ACCESS_TOKEN is set", project
    return None


def _folder(url: str, base: Path) -> Path | None:
    if not url.startswith(_FILES):
        return None
    path = unquote(url.removeprefix(_FILES).partition("?")[0])
    return Path(os.path.normpath(base / Path(path).expanduser()))
