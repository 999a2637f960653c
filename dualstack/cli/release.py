"""``dualstack release import``: the vendor's release manifest as a file of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The catalogue of releases.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _release() -> None:
    """The catalogue of releases."""


@app.command("import", epilog="Example: dualstack release import release_manifest.yaml --out release.yaml")
def import_release(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A ReleaseManifest, such as /release_manifest.yaml of SUSE's image."),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; else it is printed.")] = None,
) -> None:
    """Read a release manifest, and write what it says as a file of the catalogue; what it lacks is told."""
    from dualstack.cli.errors import tell
    from dualstack.document.loader import load_file
    from dualstack.errors import InputError
    from dualstack.releases.manifest import imported

    made = imported(load_file(file).data, str(file))
    if out is None:
        print(made.text, end="")
    else:
        try:
            with out.open("x", encoding="utf-8") as stream:
                stream.write(made.text)
        except OSError as error:
            why = f"it cannot be written: {error.strerror or error}"
            raise InputError(why, file=str(out), fix="name a file that is not there yet") from None
        print(f"wrote {out}")
    for line in made.missing:
        tell(f"missing: {line}")
