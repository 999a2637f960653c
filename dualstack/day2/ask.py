"""The table as a whole, and the consequence of a change by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from dualstack.day2 import (
    chart_fields,
    cluster_fields,
    dns_fields,
    host_fields,
    image_fields,
    metal3_fields,
    node_fields,
    site_fields,
)
from dualstack.day2.chart_values import UPGRADE, chart_value
from dualstack.day2.members import comes_or_goes
from dualstack.day2.model import OFF, PULUMI, Asked, Consequence, Entry, live, nothing, on_built
from dualstack.day2.paths import Steps, field_path
from dualstack.day2.setting import Setting
from dualstack.day2.words import Word

_MODULES: Final = (
    site_fields,
    node_fields,
    dns_fields,
    cluster_fields,
    metal3_fields,
    host_fields,
    image_fields,
    chart_fields,
)


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed value of a site: where, and what was and is there; None for what is not."""

    path: tuple[str | int, ...]
    before: Any = None
    after: Any = None


@cache
def entries() -> Mapping[str, Entry]:
    """Give every entry by its path."""
    return {entry.path: entry for module in _MODULES for entry in module.ENTRIES}


def entry_of(steps: Steps) -> Entry | None:
    """Give the entry of a place of a site: its own, that of any chart, or that of the free mapping around it."""
    path = field_path(steps)
    while path:
        for one in same_entry(path):
            if one in entries():
                return entries()[one]
        path = path.rpartition(".")[0]
    return None


def same_entry(path: str) -> tuple[str, ...]:
    """Give the paths under which an entry may stand: its own, that of any chart, that of the nodes."""
    head, _, rest = path.partition(".")
    if head == "charts":
        return path, f"charts.*.{rest.partition('.')[2]}"
    return (path, f"nodes[].{rest}") if head == "nodeDefaults" else (path,)


def consequence(setting: Setting, edited: Edited, was: Setting | None = None) -> Consequence:
    """Tell what a changed value means to a living site.

    Args:
        setting: the site as it is now.
        edited: the change. Of a place that holds several fields the worst counts.
        was: the site before the change; None where nobody knows it.
    """
    if edited.path[:1] == ("stackFile",):
        return _stack_file(setting, edited)
    # What all nodes share is told of the first.
    shared = edited.path[:1] == ("nodeDefaults",) and len(edited.path) > 1
    place = ("nodes", 0, *edited.path[1:]) if shared else edited.path
    asked = Asked(setting, place, edited.before, edited.after, was)
    # Of a node that comes or goes no field says anything of its own.
    own = entries()["nodes[].name"] if comes_or_goes(asked) else entry_of(edited.path)
    if own is not None:
        return _chosen(own, asked)
    outer = field_path(edited.path)
    below = [_chosen(entry, asked) for path, entry in entries().items() if _holds(outer, path)]
    unknown = Consequence(Word.REBUILD, "nobody knows this value; what it takes is not known either", "not known")
    return max(below, key=lambda told: told.word, default=unknown)


def _stack_file(setting: Setting, edited: Edited) -> Consequence:
    """Tell of what a stack file holds beside the site: it is the engine's, but for the hypervisor's address."""
    if edited.path[-1] == "libvirt:uri":
        return consequence(setting, Edited(("host", "libvirt", "uri"), edited.before, edited.after))
    return live("the next run of the engine uses it: who encrypts, environments, config of others")


def _holds(outer: str, path: str) -> bool:
    return bool(outer) and (path.startswith((f"{outer}.", f"{outer}[]", f"{outer}.*")))


def _chosen(entry: Entry, asked: Asked) -> Consequence:
    told = next(told for when, told in entry.cases if when.holds(asked))
    if told.imaged and asked.setting.built:
        told = on_built(told)
    names = _names(asked)
    how, away, downstream = (_filled(text, names) for text in (told.how, told.away, told.downstream))
    return replace(told, how=how, away=away, downstream=downstream)


def _filled(text: str, names: Mapping[str, str]) -> str:
    """Put names in; a backtick in one of them would end the code that it stands in."""
    for key, name in names.items():
        text = text.replace(f"{{{key}}}", name.replace("`", "'"))
    return text


def _names(asked: Asked) -> Mapping[str, str]:
    setting, path = asked.setting, asked.path
    at_node = path[0] == "nodes" and len(path) > 1
    node = setting.node(path[1] if at_node else 0)
    interface = setting.management(path[1] if at_node else 0)
    if at_node and len(path) > 3 and path[2] == "interfaces":
        interface = setting.interface(path[1], path[3])
    chart, namespace = setting.release_of(asked.chart) if asked.chart else ("NAME", "NAMESPACE")
    name = str(path[1]) if at_node and isinstance(path[1], str) else str(node.get("name") or "mgmt-1")
    return {"site": setting.site, "node": name, "interface": interface, "chart": chart, "namespace": namespace}


_BOOTSTRAP: Final = Entry(
    "dualstack:rancherBootstrapPassword",
    (
        (PULUMI, live(f"{UPGRADE}, which does not change a password: that is done in Rancher")),
        *(
            (
                when,
                told
                if when is OFF
                else nothing("only Rancher's first start reads it; change it in Rancher", imaged=True),
            )
            for when, told in chart_value()
            if when is not PULUMI
        ),
    ),
)
_KUBECONFIG: Final = live("the next `up` reaches the cluster with it")
_UNUSED: Final = nothing("no field of the site names it")


def secret_consequence(setting: Setting, key: str) -> Consequence:
    """Tell what a changed secret ``dualstack:<key>`` means: as the field that names it; the worst of several."""
    if key == "rancherBootstrapPassword":
        return _chosen(_BOOTSTRAP, Asked(setting, ("rancher",)))
    if key == "kubeconfig":
        return _KUBECONFIG
    found = [consequence(setting, Edited(path, key, key)) for path in _naming(setting.source, key, ())]
    return max(found, key=lambda told: told.word, default=_UNUSED)


def _naming(value: Any, key: str, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(name, str) and name.endswith("Key") and item == key:
                yield (*path, name)
            else:
                yield from _naming(item, key, (*path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _naming(item, key, (*path, index))
