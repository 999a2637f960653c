"""``dualstack secret set``: a secret of a site, encrypted as its stack does, in the form of the stack file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dualstack.cli.common import ProjectOption, SiteArgument, the_project
from dualstack.cli.deploy_commands import EngineOption
from dualstack.cli.env import EngineChoice
from dualstack.errors import InputError

app = typer.Typer(help="Secrets of a site, encrypted in its stack file.", no_args_is_help=True, rich_markup_mode=None)


@app.command("set", epilog="Example: dualstack secret set demo appsToken @token.txt")
def set_secret(
    site: SiteArgument,
    key: Annotated[str, typer.Argument(help="The secret's key, as the site names it: appsToken, kubeconfig.")],
    source: Annotated[
        str | None,
        typer.Argument(metavar="[@FILE]", help="Where it stands; else standard input, or it is asked for."),
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a random one: 32 bytes as Base64.")] = False,
    engine: EngineOption = EngineChoice.AUTO,
    project: ProjectOption = None,
) -> None:
    """Set a secret of a site; the stack is made where the embedded backend has none yet."""
    write_secret(the_project(project, site), site, key.removeprefix("dualstack:"), source, engine, generate=generate)


def write_secret(
    project: Path, site: str, key: str, source: str | None, engine: EngineChoice, *, generate: bool
) -> None:
    """Encrypt and write it; all else in the stack file stays as it is written.

    Raises:
        InputError: no value, no engine, no stack, or the file cannot be written.
    """
    from dualstack.cli.env import tell
    from dualstack.cli.secrets import given_value, refuse_weak, session_of
    from dualstack.cli.stackfile import replace_text, with_secret
    from dualstack.deploy.locks import Refused
    from dualstack.document.loader import load_text
    from dualstack.engine.find import find_engine
    from dualstack.stack.project import site_file

    if not key or not key.replace("-", "").replace("_", "").isalnum():
        raise InputError(
            "a secret's key is a name of letters and digits", fix="such as appsToken; see image, dns, host"
        )
    file = site_file(project, site)
    value = given_value(key, source, generate=generate)
    refuse_weak(key, value)
    session = session_of(project, site, find_engine(engine is EngineChoice.BUILT, tell), tell)
    try:
        encrypted = session.encrypted(key, value)
    except Refused as error:
        raise InputError(f"the secret {key} is not set: {error}", fix="mend that, and run this again") from None
    text = file.read_bytes().decode("utf-8-sig")
    replace_text(file, with_secret(text, load_text(text, str(file)), f"dualstack:{key}", encrypted))
    print(f"{file.relative_to(project)}: dualstack:{key} is set, encrypted (backend: {session.backend})")
