"""The project's program run for one site without an engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualstack.document.frozen import REDACTED
from dualstack.document.loader import load_file
from dualstack.errors import InputError
from dualstack.stack.layers import NAMESPACE
from dualstack.stack.parts import SITE_KEY, is_secret

if TYPE_CHECKING:
    from dualstack.check.checked import Checked
    from dualstack.offline import Recording

StandIn = Callable[[Any], str]
"""Gives what stands for a secret: the value of an encrypted config key, or a value that the program made a secret."""

OWN_PROGRAM = Path(__file__).resolve().parents[1] / "__main__.py"
"""The program beside this package, for projects that hold sites only."""


def project_name(project: Path) -> str:
    """Return the project's name from Pulumi.yaml."""
    name = load_file(project / "Pulumi.yaml", "Pulumi.yaml").data.get("name")
    if not isinstance(name, str):
        raise InputError("the project has no name", file="Pulumi.yaml", fix="add name: dualstack")
    return name


def _hidden(_value: Any) -> str:
    return REDACTED


def engine_config(project: str, stack_file: Path, stand_in: StandIn = _hidden) -> tuple[dict[str, str], list[str]]:
    """Return a stack file's config as the engine hands it on: full keys to text, and which of them are secret.

    Encrypted values are not decrypted: ``[secret]`` stands for them, or what the caller makes of the encrypted value.
    """
    config: dict[str, str] = {}
    secrets: list[str] = []
    given: Any = load_file(stack_file, str(stack_file)).data.get("config") or {}
    for key, value in given.items():
        full = key if ":" in key else f"{project}:{key}"
        if is_secret(value):
            config[full] = stand_in(value)
            secrets.append(full)
        else:
            config[full] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return config, secrets


def record_site(
    project: Path, name: str, stack_file: Path, stand_in: StandIn | None = None, veiled: Checked | None = None
) -> Recording:
    """Run the program for one site and return what it registers.

    Args:
        project: the project's folder.
        name: the stack's name.
        stack_file: the stack file.
        stand_in: what stands for secrets in place of ``[secret]``, so that two recordings can be compared.
        veiled: the site as it may be shown (``dualstack.answer.veiled``); the program gets it in place of the file's.

    Raises:
        InputError: the program is not there, Pulumi's SDK is not installed, or the program failed.
    """
    try:
        from dualstack.offline import ProgramError, record
    except ImportError as error:
        raise InputError(
            f"Pulumi's Python SDK is not installed ({error})", fix="install dualstack[pulumi], or use dualstack check"
        ) from None
    program = project / "__main__.py"
    if not program.is_file():
        program = OWN_PROGRAM
    own_name = project_name(project)
    config, secrets = engine_config(own_name, stack_file, stand_in or _hidden)
    if veiled is not None:
        shown: dict[str, Any] = {SITE_KEY: veiled.resolved.site}
        shown |= {f"{NAMESPACE}{key}": value for key, value in veiled.resolved.config.items()}
        config |= {key: value if isinstance(value, str) else json.dumps(value) for key, value in shown.items()}
    try:
        return record(
            program,
            project=own_name,
            stack=name,
            config=config,
            secret_keys=secrets,
            root=project,
            mark=stand_in,
        )
    except ProgramError as error:
        raise InputError(
            f"the program failed: {error}", file=str(error.file or program), line=error.line, fix="mend the program"
        ) from None
