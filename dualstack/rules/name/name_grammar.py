"""The grammar of names, as DNS and Kubernetes read them; pure text in, no finding out."""

from __future__ import annotations

import ipaddress
import re

from dualstack.address.family import IPAddress
from dualstack.address.parsing import placeholder
from dualstack.document.fixes import AnyFix, write

LABEL_MAX = 63
NAME_MAX = 253

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def as_ip(text: str) -> IPAddress | None:
    """Return the address that a text is, brackets and zone left out; None for anything else."""
    try:
        return ipaddress.ip_address(text.strip("[]").split("%", 1)[0])
    except ValueError:
        return None


def looks_like_ip(name: str) -> bool:
    """Tell whether a legal DNS name is numbers only, so that readers take it for an IPv4 address (``1.2.34``)."""
    return all(part.isdigit() for part in name.split(".")) and as_ip(name) is None


def host_of(text: str) -> str:
    """Return the host of a URL, or of an address with a port; brackets, login, path and port left out."""
    rest = re.split(r"[/?#]", text.strip().split("://", 1)[-1], maxsplit=1)[0].rsplit("@", 1)[-1]
    if rest.startswith("["):
        return rest[1:].partition("]")[0]
    return rest if rest.count(":") > 1 else rest.partition(":")[0]


def port_of(text: str) -> int | None:
    """Return the port that stands behind the host of a URL or address."""
    rest = re.split(r"[/?#]", text.strip().split("://", 1)[-1], maxsplit=1)[0].rsplit("@", 1)[-1]
    port = rest.rpartition(":")[2]
    alone = rest.count(":") == 1 or "]:" in rest
    return int(port) if alone and port.isdecimal() and 0 < int(port[:6]) < 65536 else None


def _tidy(text: str) -> str:
    """Make the nearest legal name out of a text; empty where nothing is left."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].strip("[]").rsplit("@", 1)[-1].partition(":")[0]
    labels = [re.sub(r"[^a-z0-9-]+", "-", label).strip("-") for label in bare.split(".") if label]
    if not all(labels):
        return ""
    return ".".join(label[:LABEL_MAX].strip("-") for label in labels)


def label_problem(label: str) -> str | None:
    """Tell what is wrong with one DNS label (RFC 1123, lower case as Kubernetes wants it), or None."""
    if not label:
        return "has an empty label"
    if len(label) > LABEL_MAX:
        return f"has a label of {len(label)} characters, at most {LABEL_MAX} are allowed"
    if not _LABEL.fullmatch(label):
        if label != label.lower() and _LABEL.fullmatch(label.lower()):
            return "has upper-case letters"
        if "_" in label:
            return "has an underscore, which no host name may have"
        if label.startswith("-") or label.endswith("-"):
            return f"has a label that begins or ends with a hyphen: {label!r}"
        return f"has a character that no host name may have, in {label!r}"
    return None


def name_problem(name: str, labels: int = 1) -> tuple[str, AnyFix] | None:
    """Tell what is wrong with a DNS name and how to mend it, or None.

    Args:
        name: the name, without the last dot.
        labels: how many labels it needs at least.
    """
    if (left := placeholder(name)) is not None:
        return f"a placeholder was not filled: {left}", f"write the value that {left} stands for"
    better = _tidy(name)
    works = better and better != name and as_ip(better) is None and name_problem(better, labels) is None
    fix = write(better) if works else "write a name such as ironic.example.com"
    if not name.strip():
        return "the name is empty", fix
    if "://" in name:
        return f"{name!r} is a URL, here stands a name", fix
    if as_ip(name) is not None:
        return f"{name!r} is an IP address, here stands a name", "write a name such as ironic.example.com"
    if name.endswith("."):
        return f"{name!r} ends with a dot", fix
    if len(name) > NAME_MAX:
        return f"the name has {len(name)} characters, at most {NAME_MAX} are allowed", "write a shorter name"
    problem = next((found for label in name.split(".") if (found := label_problem(label))), None)
    if problem:
        return f"{name!r} {problem}", fix
    if name.count(".") + 1 < labels:
        return f"{name!r} has no domain", f"write the full name, such as {name}.example.com"
    return None
