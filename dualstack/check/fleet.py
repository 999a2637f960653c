"""The fleet of a project: checked sites beside all others, as far as that is cheap.

One site is compared with at most ``MOST_OTHERS`` others, and of these only those are read whose text, or whose layers,
have something in common with it: a project of hundreds does not make the check of one site slow.
"""

from __future__ import annotations

import ipaddress
import pathlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from dualstack.address.bmc import parse_bmc
from dualstack.check.checked import Checked, in_order, placed
from dualstack.document.findings import Finding
from dualstack.errors import InputError
from dualstack.rules.fleet.fleet_rules import BMC, Claim, Member, claims, fleet_findings
from dualstack.rules.severities import lowered
from dualstack.stack.layers import LayerStore, resolve_stack
from dualstack.stack.project import layers_dir, list_layers, list_sites, site_file

MOST_OTHERS: Final = 200
"""Others that one site is compared with; ``check`` of all sites compares all."""

_TOKEN = re.compile(r"[0-9A-Za-z][\w.:-]{3,}|::[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Compared:
    """Checked sites with what they share with others."""

    checked: list[Checked]
    others: int
    """Other sites of the project."""
    seen: int
    """How many of them were looked at."""


def with_fleet(project: pathlib.Path, checked: Sequence[Checked], store: LayerStore) -> Compared:
    """Add findings about what several sites of the project have.

    A stack file that lies elsewhere is no site of the project, and is left as it is.

    Args:
        project: the project's folder.
        checked: the sites that findings are wanted of.
        store: the project's layers.
    """
    names = list_sites(project)
    files = set()
    for name in names:
        with suppress(InputError):  # told where it is checked itself
            files.add(site_file(project, name).absolute())
    own = [one for one in checked if one.resolved.files and one.resolved.files[-1].absolute() in files]
    fleet = [Member(one.name, one.resolved.site, one.resolved.origins) for one in own]
    others = len(names) - sum(member.name in names for member in fleet)
    found = clashes(project, fleet, names, store)
    told = [_told(one, found[one.name]) if one in own and one.name in found else one for one in checked]
    return Compared(told, others, min(others, MOST_OTHERS))


def clashes(
    project: pathlib.Path, members: Sequence[Member], names: Sequence[str], store: LayerStore
) -> dict[str, list[Finding]]:
    """Find what some sites share with each other, and with the project's others.

    Args:
        project: the project's folder.
        members: the sites that findings are wanted of.
        names: names of all sites of the project.
        store: the project's layers.
    """
    here = {member.name for member in members}
    others = [name for name in names if name not in here]
    wanted = {_token(claim) for member in members for claim in claims(member.data)}
    beside = _others(project, others[:MOST_OTHERS], wanted, store) if wanted else []
    return fleet_findings([*members, *beside], here)


def _told(checked: Checked, findings: list[Finding]) -> Checked:
    rules = checked.site.rules if checked.site is not None else {}
    added = [placed(one, checked.resolved) for one in lowered(findings, rules)]
    return replace(checked, findings=in_order([*checked.findings, *added]))


def _others(project: pathlib.Path, names: Sequence[str], wanted: set[str], store: LayerStore) -> list[Member]:
    """Read those of some sites that may share something; one that cannot be read is told when it is checked itself."""
    layers = (project / layers_dir(project) / f"{name}.yaml" for name in list_layers(project))
    # What a layer has, any site that extends it may have.
    everyone = any(wanted & _tokens(path) for path in layers)
    members = []
    for name in names:
        try:
            path = site_file(project, name)
            if everyone or wanted & _tokens(path):
                resolved = resolve_stack(project, path, store)
                members.append(Member(name, resolved.site, resolved.origins))
        except InputError:
            continue
    return members


def _tokens(path: pathlib.Path) -> set[str]:
    """Return the words of a file that may be names, MACs and addresses, in the form in which they are compared."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return set()
    return {_folded(word) for word in set(_TOKEN.findall(text))}


def _folded(word: str) -> str:
    word = word.lower().rstrip(".:")
    digits = re.sub(r"[:.-]", "", word)
    if len(digits) == 12 and re.fullmatch(r"[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}|([0-9a-f]{4}\.){2}[0-9a-f]{4}", word):
        return digits
    if word.count(":") > 1:
        try:
            return str(ipaddress.ip_address(word))
        except ValueError:
            return word
    return word


def _token(claim: Claim) -> str:
    """Return the word by which a claim is found in a text: a private address stands there without its realm."""
    if claim.rule is BMC:
        return _folded(parse_bmc(claim.shown).host)
    return _folded(claim.key.rpartition(" ")[2])
