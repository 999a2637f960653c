"""Every policy: found in the modules of this folder, each by being there.

A module has ``POLICIES``: which rule over which resources, how to mend it, and what it can be told; and ``ALSO`` where
it has checks for a rule whose words stand in another one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from dualstack.policies.model import Check, Policy


@cache
def all_policies() -> tuple[Policy, ...]:
    """Return every policy, in order of the ids.

    Raises:
        ValueError: two modules have the words of one rule, or further checks are for a rule that has none.
    """
    found: dict[str, Policy] = {}
    further: list[tuple[str, tuple[Check, ...]]] = []
    for name in sorted(item.name for item in iter_modules([str(Path(__file__).parent)], f"{__package__}.")):
        module = import_module(name)
        for one in getattr(module, "POLICIES", ()):
            if one.id in found:
                raise ValueError(f"{one.id} stands in two modules")
            found[one.id] = one
        further += [(rule.id, checks) for rule, checks in getattr(module, "ALSO", {}).items()]
    for rule, checks in further:
        if rule not in found:
            raise ValueError(f"{rule} has further checks and no policy")
        found[rule] = replace(found[rule], checks=(*found[rule].checks, *checks))
    return tuple(found[rule] for rule in sorted(found))
