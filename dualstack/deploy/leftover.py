"""What a site's plan would have made, and what is there although no state knows it: counted in the world outside.

A create whose provider alone was killed leaves nothing in the state, whatever it made. ``destroy`` and ``refresh``
therefore look at the name servers and the folders themselves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualstack.eib.survey import marker_of
from dualstack.plan import Plan
from dualstack.plan.model import by_name
from dualstack.site.dns import Zone
from dualstack.tokens import POINTER, RECORD_SET

KeyReader = Callable[[str], str | None]
"""Gives a secret of the stack by its key; None where it has none."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """What was found.

    Attributes:
        there: what is there, a line each.
        unknown: what could not be looked at, a line each.
    """

    there: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def left_in_zones(plan: Plan, known: Collection[str], secret: KeyReader) -> Leftover:
    """Look for the plan's records in their zones.

    Args:
        plan: the site's.
        known: names that the state has resources for.
        secret: reads the TSIG keys.

    Returns:
        Names that hold exactly what is planned: an interrupted run of ours, or somebody else, made them.
    """
    if not plan.site.dns.keeper.zones:
        return Leftover()
    from dualstack.probe.records import described
    from provider.dns.dns_client import Client
    from provider.dns.record_sets import look
    from provider.frame.handler import ResourceError

    zones = {zone.name.rstrip(".").lower(): zone for zone in plan.site.dns.zones}
    there, unknown = [], []
    for name, (zone_name, ttl, values) in _planned(plan).items():
        zone = zones.get(zone_name.lower())
        if name in known or zone is None or zone.server is None:
            continue
        try:
            found = look(Client(_server(zone, secret), zone_name, 0), name, tuple(values))
        except (ResourceError, ValueError) as error:  # ValueError: a key that is no Base64
            unknown.append(f"{name}: {error}")
            continue
        if found.equals(values, ttl):
            there.append(f"{name} in the zone {zone_name}: {described(values)} (TTL {ttl})")
    return Leftover(tuple(there), tuple(unknown))


def names_in(resources: Mapping[str, tuple[str, Mapping[str, Any]]]) -> set[str]:
    """Give the names whose records are resources of a state."""
    return {str(outputs.get("record")) for kind, outputs in resources.values() if kind in (RECORD_SET, POINTER)}


def remove_folders(project: Path, plan: Plan) -> Iterator[str]:
    """Remove what runs of ours left of the site's EIB directory and images; tell each.

    Only a directory that Pulumi wrote: one rendered by command has no stamp, and stays.
    """
    from dualstack.eib.remove import remove_tree
    from provider.image.image_build import remove_images
    from provider.image.image_directory import STAMP

    path = Path("build") / plan.name
    with contextlib.chdir(project):
        marker = marker_of(path)
        stamped = marker is not None and marker.get("site") == plan.name and (path / STAMP).is_file()
        if stamped or marker is None:
            # Without a marker it is for what a kill left beside the directory.
            remove_tree(path, plan.name)
        if stamped:
            yield f"removed {path}, which a run that was interrupted had left"
        if removed := remove_images(path):
            yield f"removed {', '.join(removed)}, which a run that was interrupted had left"


def _planned(plan: Plan) -> dict[str, tuple[str, int, dict[str, tuple[str, ...]]]]:
    """Give zone, TTL and values by type of each name."""
    first = {record.name: record for record in reversed(plan.dns)}
    return {name: (first[name].zone, first[name].ttl, values) for name, values in by_name(plan.dns).items()}


def _server(zone: Zone, secret: KeyReader) -> dict[str, Any]:
    server: dict[str, Any] = {"address": zone.server, "port": zone.port}
    value = secret(zone.key.secret_key) if zone.key is not None else None
    if zone.key is not None and value is not None:
        server["key"] = {"name": zone.key.name, "algorithm": zone.key.algorithm, "secret": value}
    return server
