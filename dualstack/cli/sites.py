"""``dualstack sites``: the project's sites, a line each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dualstack.answer.style import Style
from dualstack.check.sites import load_site
from dualstack.cli.common import Format, print_json
from dualstack.cli.text import summary
from dualstack.errors import InputError, NoSiteError
from dualstack.stack.layers import LayerStore
from dualstack.stack.project import list_sites


def list_all(project: Path, output: Format) -> None:
    """Print name, release, mode, layers and findings of each site; one that cannot be read says so in its line.

    A stack file without a site, as those of other programs are, is listed as skipped.
    """
    store = LayerStore(project)
    rows: list[dict[str, Any]] = []
    for name in list_sites(project):
        try:
            checked = load_site(project, name, store)
        except NoSiteError:
            rows.append({"site": name, "skipped": "no dualstack:site"})
            continue
        except InputError as error:
            rows.append({"site": name, "error": str(error)})
            continue
        site = checked.site
        rows.append(
            {
                "site": name,
                "release": site.release if site else None,
                "mode": site.mode if site else None,
                "layers": list(checked.resolved.layers),
                "findings": summary(checked.findings),
            }
        )
    if output is Format.JSON:
        print_json({"version": 1, "sites": rows})
        return
    style = Style.of(sys.stdout)
    width = max((len(row["site"]) for row in rows), default=0)
    for row in rows:
        head = style(row["site"].ljust(width), "bold")
        if "findings" not in row:
            print(f"{head}  {row.get('error') or row['skipped']}")
            continue
        layers = " + ".join(row["layers"]) or "no layers"
        print(
            f"{head}  {row['release'] or '?'}  {(row['mode'] or '?').ljust(8)}  {layers.ljust(16)}  {row['findings']}"
        )
