"""Resource options: libvirt resources deleted before they are replaced, host and disk protected in production."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

from dualstack.document.findings import At
from dualstack.document.holes import Unreadable
from dualstack.policies.declare import Settings, list_of_texts, policy
from dualstack.policies.model import Check, Given, Told, View, instead
from dualstack.rules.program import program_resources
from dualstack.rules.program.program_resources import delete_first, protected
from dualstack.tokens import DOMAIN, VOLUME

MANAGEMENT_HOST: Final = "dualstack:index:ManagementHost"
PRODUCTION: Final = ("prod", "production", "prod-*", "*-prod", "production-*", "*-production")


def _delete_first(given: Given, _view: View) -> Told:
    said = At(("options", "deleteBeforeReplace"), given.delete_before_replace)
    name = None if said.value is True else given.get("name")
    # A name that the provider made up is another one for the successor. Which one that is nobody tells policies
    # (__defaults is kept from them), so it is known by its form.
    if isinstance(name, str) and re.fullmatch(re.escape(given.name) + "-[0-9a-f]{7}", name):
        return
    volume = str(name) if given.type == VOLUME and said.value is False and name is not None else None
    yield from delete_first(said, volume)


def _protected(given: Given, view: View) -> Told:
    why = _production(given, view)
    if why is not None:
        yield from protected(At(("options", "protect"), given.protect), why)


def _production(given: Given, view: View) -> str | None:
    """Say why a stack is production; None where it is not: by config, by the host's own word, by the stack's name."""
    said = view.settings.get("production")
    if isinstance(said, bool):
        return "the policy's config says production" if said else None
    for other in view.others:
        if other.type == MANAGEMENT_HOST:
            word = other.get("production")
            if isinstance(word, bool):
                return f"{other.name} is production" if word else None
            if word is not None:
                raise Unreadable((), f"{other.name}, production: {instead(word, 'true or false')}")
    patterns = view.names("stacks") or PRODUCTION
    matching = next((pattern for pattern in patterns if fnmatchcase(given.stack, pattern)), None)
    return f"the stack's name {given.stack!r} says production ({matching})" if matching else None


DELETED_FIRST = Check(("libvirt:index/*",), _delete_first)
PROTECT = Check((DOMAIN, VOLUME), _protected)

_PRODUCTION: Final[Settings] = {
    "production": {"type": "boolean", "description": "Whether the stack is production, whatever its name."},
    "stacks": list_of_texts(f"Names of production stacks, in place of {', '.join(PRODUCTION)}."),
}

POLICIES: Final = (
    policy(program_resources.DELETE_FIRST, "Set the resource option delete_before_replace to True.", DELETED_FIRST),
    policy(program_resources.PROTECTED, "Set the resource option protect to True.", PROTECT, settings=_PRODUCTION),
)
