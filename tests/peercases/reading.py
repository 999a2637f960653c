"""Values of any type, made into what the predicates take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dualstack.address.family import Family
from dualstack.address.parsing import Address, InterfaceAddress
from dualstack.document.findings import At, Finding
from dualstack.document.origins import Path
from dualstack.rules.address import address_text
from dualstack.rules.cidr.cidr_lists import Cidr, read_each
from dualstack.rules.site.site_form import WRONG_TYPE

Config = Mapping[str, Any]


def wrong(path: Path, value: object, wanted: str) -> Finding:
    """Make the finding for a value of another type, as the site model tells it."""
    return WRONG_TYPE.at(path, f"{value!r} where {wanted} is wanted", f"write {wanted}")


def items(config: Config, key: str) -> list[At[object]]:
    """Give the entries of a list, each with its path; a single value counts as a list of one, nothing as none."""
    value = config.get(key)
    if value is None:
        return []
    entries = value if isinstance(value, list | tuple) else [value]
    return [At((key, index), entry) for index, entry in enumerate(entries)]


def texts(config: Config, key: str) -> tuple[list[At[str]], list[Finding]]:
    """Give the texts of a list, and findings for what is no text."""
    good = [At(item.path, item.value) for item in items(config, key) if isinstance(item.value, str)]
    return good, [
        wrong(item.path, item.value, "text") for item in items(config, key) if not isinstance(item.value, str)
    ]


def networks(config: Config, key: str) -> tuple[list[At[Cidr]], list[Finding]]:
    """Read a list of CIDRs, plain or as mappings with ``cidr``; host bits and spelling are judged on the way."""
    plain = [
        At((*item.path, "cidr"), item.value.get("cidr")) if isinstance(item.value, Mapping) else item
        for item in items(config, key)
    ]
    cidrs, findings = read_each(plain)
    return cidrs, [*findings, *(finding for item in cidrs for finding in judged_prefix(item))]


def judged_prefix(item: At[Cidr]) -> Iterator[Finding]:
    """Judge the text and the range of one CIDR."""
    prefix = At(item.path, item.value.prefix)
    yield from address_text.host_bits(prefix)
    yield from address_text.canonical(prefix)
    yield from address_text.unspecified(prefix, default_route=False)
    yield from address_text.deprecated(prefix)
    yield from address_text.documentation(prefix)


def addresses(config: Config, key: str, family: Family | None = None) -> tuple[list[At[Address]], list[Finding]]:
    """Read a list of addresses."""
    read = [(item.path, address_text.read_address(item, family)) for item in items(config, key)]
    good = [At(path, found) for path, found in read if isinstance(found, Address)]
    return good, [found for _, found in read if isinstance(found, Finding)]


def interfaces(config: Config, key: str) -> tuple[list[At[InterfaceAddress]], list[Finding]]:
    """Read a list of interface addresses."""
    read = [(item.path, address_text.read_interface(item)) for item in items(config, key)]
    good = [At(path, found) for path, found in read if isinstance(found, InterfaceAddress)]
    return good, [found for _, found in read if isinstance(found, Finding)]


def number(config: Config, key: str) -> int | None:
    """Return a whole number, or None."""
    value = config.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def version(value: object) -> tuple[int, ...]:
    """Return the numbers that a version starts with; ``(0,)`` where there are none."""
    parts: list[int] = []
    for part in str(value or "").split("-", 1)[0].split("."):
        if not (part.isascii() and part.isdecimal()):
            break
        parts.append(int(part))
    return tuple(parts) or (0,)


def joined(values: Sequence[object]) -> str:
    """Join what is text."""
    return ",".join(value for value in values if isinstance(value, str))
