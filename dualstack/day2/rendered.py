"""Which field stands for a file of the image directory, where no field of the site is known to have changed it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dualstack.day2.ask import Edited, consequence
from dualstack.day2.model import Consequence, by_hand, nothing, on_built
from dualstack.day2.setting import Setting

STAMP: Final = "os-files/etc/dualstack/site.json"
SERVER: Final = "kubernetes/config/server.yaml"
_VALUES: Final = re.compile(r"kubernetes/helm/values/(.+)\.yaml")
_KEY: Final = re.compile(r"[-+]([A-Za-z][A-Za-z0-9-]*):")
_MAC: Final = re.compile(r"[-+]\s*(?:- )?mac-address: [\"']?([0-9A-Fa-f:]{17})[\"']?\s*")
_SCRIPTS: Final = nothing("scripts run at installs only", imaged=True)
_DEFINITION: Final = by_hand("what the changed lines say, on each node; the image brings it to later installs only")


def _other_nic(setting: Setting, node: str, lines: Iterable[str]) -> int | None:
    """Return which interface of a node has another MAC, where that is all that changes in its network file."""
    changed = [line for line in lines if line[:1] in "+-"]
    macs = {found[1].lower() for line in changed if (found := _MAC.fullmatch(line))}
    if not macs or not all(map(_MAC.fullmatch, changed)):
        return None
    interfaces = setting.node(node)["interfaces"]
    places = [index for index, one in enumerate(interfaces) if str(one.get("mac")).lower() in macs]
    return places[0] if places else None


def file_consequence(setting: Setting, path: str, lines: Iterable[str] = (), was: Setting | None = None) -> Consequence:
    """Tell what a changed file of the directory means to a running host.

    Args:
        setting: the site as it is now.
        path: below the directory.
        lines: of a unified diff, where they are known: of server.yaml each key is told, and the worst counts.
        was: the site before; None where nobody knows it.
    """
    if path == SERVER:
        keys = {found[1] for line in lines if (found := _KEY.match(line))}
        places: list[tuple[str, ...]] = [("cluster", "server", key) for key in sorted(keys)]
        told = [consequence(setting, Edited(place)) for place in places or [("cluster", "server")]]
        return max(told, key=lambda one: one.word)
    if path.startswith("network/"):
        name = path.removeprefix("network/").removesuffix(".yaml")
        known = name in {*setting.names, *(was.names if was is not None else ())}
        if name in setting.names and (place := _other_nic(setting, name, lines)) is not None:
            return consequence(setting, Edited(("nodes", name, "interfaces", place, "mac")), was)
        return consequence(setting, Edited(("nodes", name if known else 0, "nmstate")), was)
    if found := _VALUES.fullmatch(path):
        chart = setting.chart_of(found[1])
        named = chart == "rancher" and any(line.startswith(("+hostname:", "-hostname:")) for line in lines)
        return consequence(setting, Edited(("rancher", "hostname") if named else ("charts", chart, "values")))
    if path.startswith("kubernetes/manifests/"):
        return consequence(setting, Edited(("manifests",)))
    if path == STAMP:
        return nothing("it only says what the image was made of")
    if path.startswith("os-files/"):
        return consequence(setting, Edited(("image", "files")))
    told_of = _SCRIPTS if path.startswith("custom/") else _DEFINITION
    return on_built(told_of) if setting.built else told_of
