"""``dualstack show``: a site with its layers merged, and where each value was written."""

from __future__ import annotations

import json
import sys
from typing import Any

from dualstack.answer.style import Style
from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.cli.common import Format, print_json
from dualstack.document.hiding import Veil
from dualstack.document.origins import Origins, Path, find_origin, format_path


def _leaves(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, (*path, index))]
    return [(path, value)]


def _with_defaults(checked: Checked) -> dict[str, Any]:
    if checked.site is None:
        return checked.resolved.site
    return checked.site.model_dump(mode="json", by_alias=True, exclude_none=True)


def show_site(checked: Checked, *, origin: bool, defaults: bool, output: Format) -> None:
    """Print the merged site: as YAML, with ``origin`` a line a value, or as JSON."""
    veil = Veil()
    checked = veiled(checked, veil)
    site = veil.shown(_with_defaults(checked) if defaults else checked.resolved.site)
    origins = checked.resolved.origins
    if output is Format.JSON:
        document: dict[str, Any] = {"version": 1, "site": checked.name, "layers": list(checked.resolved.layers)}
        document["values"] = site
        if origin:
            document["origins"] = {format_path(path): _place(origins, path) for path, _ in _leaves(site)}
        print_json(document)
        return
    if not origin:
        from dualstack.document.yamlio import dump

        print(dump(site), end="")
        return
    style = Style.of(sys.stdout)
    rows = [(format_path(path), _shown(value), _place(origins, path) or "default") for path, value in _leaves(site)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for path, value, place in rows:
        print(f"{style(path.ljust(widths[0]), 'bold')}  {value.ljust(min(widths[1], 48))}  {style(place, 'dim')}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, ensure_ascii=False)


def _place(origins: Origins, path: Path) -> str | None:
    exact = origins.get(path)
    # A value that a default filled in stands in no file, though the mapping around it may.
    found = exact or (find_origin(origins, path) if path and isinstance(path[-1], int) else None)
    return f"{found.file}:{found.line}:{found.column}" if found else None
