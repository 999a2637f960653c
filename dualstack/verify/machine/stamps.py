"""The stamp on a machine against the plan's: whose image it was, and which parts of it are of another state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dualstack.day2.ask import Edited, consequence, entries
from dualstack.day2.model import Consequence
from dualstack.day2.paths import field_path
from dualstack.day2.setting import Setting
from dualstack.day2.words import Word as Day2
from dualstack.eib import plan_stamp
from dualstack.eib.join import joining
from dualstack.plan.model import NodePlan, Plan
from dualstack.verify.machine.nics import shown
from dualstack.verify.machine.reading import STAMP, Reading
from dualstack.verify.model import Result, Word

PLACES: Final[Mapping[str, tuple[tuple[str | int, ...], ...]]] = {
    "charts": (("charts",), ("rancher",), ("provisioning",)),
    "disk": (("image", "diskSize"), ("image", "installDevice")),
    "files": (("image", "selinux"), ("cluster", "cni")),
    "kernel": (("image", "kernelArgs"),),
    "kubernetes": (("kubernetesVersion",), ("cluster",)),
    "manifests": (("cluster", "ingress"), ("provisioning", "vip")),
    "packages": (("image", "packages"),),
    "proxy": (("image", "proxy"),),
    "registry": (("image", "registries"), ("image", "images")),
    "time": (("image", "time"),),
    "users": (("image", "users"),),
}
"""Where the site file speaks of each part of a stamp."""
VERSION: Final = 1


def judge(plan: Plan, node: NodePlan, reading: Reading, result: Result) -> Iterator[Result]:
    """Compare; the first result says whose the machine is, then one for each part that differs."""
    result = replace(result, asked=f"stamp {STAMP}")
    if "stamp" not in reading.texts:
        why = reading.failures.get("stamp", "it could not be read").strip()
        fix = (
            "nothing on it says what it was made of: its image is older than stamps, or not ours; put the file of that "
            "name below os-files of the directory that dualstack render writes there once it is as the plan says"
        )
        yield replace(result, word=Word.NOT_CHECKABLE, seen=why, fix=fix)
        return
    try:
        found = _read(reading.texts["stamp"])
    except ValueError as error:
        fix = f"put the file of a rendered directory there: os-files{STAMP}"
        yield replace(result, word=Word.NOT_CHECKABLE, seen=str(error), fix=fix)
        return
    own = plan.name if plan.joins is None else plan.joins
    stranger = _stranger(own, node, found)
    if stranger:
        yield replace(
            result,
            word=Word.FAILED,
            seen=stranger,
            consequence=f"whoever works on {node.name} by its address works on another machine than planned",
            fix="look whether an address is used twice, at cables and BMCs; then install the right image there",
        )
        return
    wanted = _wanted(plan, node, found)
    differing = list(_differing(wanted, found, node))
    others = ", ".join(part for part, _ in differing)
    seen = f"{own}, {node.name}, release {shown(found.get('release'))}" + (
        f"; not as planned: {others}" if others else ""
    )
    yield replace(result, seen=seen)
    setting = Setting(own, plan.site.model_dump(mode="json", by_alias=True))
    for part, where in differing:
        yield _pending(part, where, setting, own, result)


def _read(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(found, dict) or not all(isinstance(found.get(key), dict) for key in ("nodes", "parts")):
        raise ValueError("it is no stamp of dualstack's")
    if found.get("version") != VERSION:
        raise ValueError(f"it is of version {shown(found.get('version'))}; this dualstack reads {VERSION}")
    return found


def _stranger(site: str, node: NodePlan, found: Mapping[str, Any]) -> str:
    """Say whose machine it is, where it is another one's; empty where it is the node's."""
    if found.get("site") != site:
        return f"the machine is of site {shown(found.get('site'))}, and not of {site}"
    if node.name not in found["nodes"]:
        names = ", ".join(map(shown, sorted(found["nodes"])))
        return f"its image was made for {names or 'no node'}, and not for {node.name}"
    return ""


def _wanted(plan: Plan, node: NodePlan, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the plan's stamp: that of the image for this node alone where it came from such a one."""
    alone = plan.several and set(found["nodes"]) == {node.name}
    wanted: Mapping[str, Any] = json.loads(plan_stamp(joining(plan, node.name) if alone else plan))
    return wanted


def _differing(
    wanted: Mapping[str, Any], found: Mapping[str, Any], node: NodePlan
) -> Iterator[tuple[str, tuple[tuple[str | int, ...], ...]]]:
    """Give each part that differs, with the places of the site that speak of it."""
    if wanted["release"] != found.get("release"):
        yield "release", (("release",),)
    one, other = wanted["nodes"].get(node.name, {}), found["nodes"][node.name]
    other = other if isinstance(other, Mapping) else {}
    if one.get("network") != other.get("network"):
        yield "network", (("nodes", node.index, "interfaces"), ("nodes", node.index, "routes"), ("dns", "resolvers"))
    if one.get("role") != other.get("role"):
        yield "role", (("nodes", node.index, "role"),)
    for part in sorted({*wanted["parts"], *found["parts"]}):
        if wanted["parts"].get(part) != found["parts"].get(part):
            yield shown(part), PLACES.get(part, ())


def _pending(
    part: str, where: tuple[tuple[str | int, ...], ...], setting: Setting, site: str, result: Result
) -> Result:
    told = [consequence(setting, Edited(place)) for place in where]
    worst = max(told, key=lambda one: one.word, default=Consequence(Day2.REBUILD, ""))
    result = replace(result, asked=f"stamp: {part}")
    if worst.word is Day2.NOTHING:
        return replace(result, seen=f"another {part} than planned, which concerns installs alone: {worst.how}")
    how = worst.how
    if len(where) != 1 or not _is_field(where[0]):
        how = f"it depends on the value, {worst.word.text} at the most"
    return replace(
        result,
        word=Word.PENDING,
        seen=f"the image of this machine had another {part} than the plan has now",
        consequence=f"what the site file says of {part} now is on the machine only if {_since(part)}",
        fix=f"{how}. dualstack diff --base COMMIT {site} names each value; once it is done, put os-files{STAMP} of "
        "dualstack render there",
        day2=worst.word,
    )


def _is_field(place: tuple[str | int, ...]) -> bool:
    """Tell whether a place of a site is one field, so that what it takes is one thing."""
    return field_path(place) in entries()


def _since(part: str) -> str:
    return "a hand or `up` brought it there since" if part == "charts" else "a hand brought it there since"
