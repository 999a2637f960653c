"""Helm's own records: Secrets, one a revision, each with the whole release in it (helm ``pkg/storage/driver``)."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dualstack.document.frozen import dig

LARGEST: Final = 64 << 20
"""Bytes that a record may have unpacked; Kubernetes stores at most 1.5 MiB of it packed."""
_RECORD: Final = re.compile(r"sh\.helm\.release\.v1\.(?P<name>.+)\.v(?P<revision>[0-9]{1,9})")


def identity(secret: Mapping[str, Any]) -> tuple[str, str, int] | None:
    """Give namespace, release and revision of a record; None where a Secret is none."""
    match = _RECORD.fullmatch(str(dig(secret, "metadata", "name", default="")))
    namespace = str(dig(secret, "metadata", "namespace", default=""))
    return (namespace, match["name"], int(match["revision"])) if match else None


def newest(secrets: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave the last record of each release."""
    found: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
    for secret in secrets:
        known = identity(secret)
        if known is not None and found.get(known[:2], (-1,))[0] < known[2]:
            found[known[:2]] = known[2], secret
    return [secret for _, secret in found.values()]


def unpacked(secret: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Read what is in a record: Helm's release, in base64 twice and compressed; None where nobody can."""
    data = secret.get("data")
    packed = data.get("release") if isinstance(data, Mapping) else None
    if not isinstance(packed, str):
        return None
    try:
        content = base64.b64decode(base64.b64decode(packed))
        if content[:2] == b"\x1f\x8b":
            content = inflated(content)
        found = json.loads(content)
    except (ValueError, zlib.error):  # binascii's error is one
        return None
    return found if isinstance(found, Mapping) else None


def inflated(content: bytes) -> bytes:
    """Unpack gzip.

    Raises:
        ValueError: it is larger than anybody's.
        zlib.error: it is none.
    """
    work = zlib.decompressobj(wbits=31)
    found = work.decompress(content, LARGEST)
    if work.unconsumed_tail:
        raise ValueError("too large")
    return found
