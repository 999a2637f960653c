"""Where a manifest belongs in the image: with the others, or where RKE2 finds it before it installs its own charts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from dualstack.errors import InputError
from dualstack.manifests.read import Broken, parts_of

PACKAGED_FOLDER: Final = "os-files/var/lib/rancher/rke2/server/manifests"
"""RKE2 reads it before it installs its packaged charts (edge-image-builder issue 734, rke2 issue 8357)."""
_PACKAGED: Final = re.compile(r"rke2-.+|harvester-(cloud-provider|csi-driver)|rancher-vsphere-(cpi|csi)")


def configures_packaged(data: Mapping[str, Any]) -> bool:
    """Tell whether an object is the HelmChartConfig of a chart that RKE2 packages."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return data.get("kind") == "HelmChartConfig" and bool(_PACKAGED.fullmatch(str(name or "")))


def placed(content: bytes) -> tuple[bytes | None, bytes | None]:
    """Divide a file: what the image builder applies, and what RKE2 must find at its start; None where there is none.

    A file that is wholly one of the two stays as it is, byte for byte. What cannot be read is left to the builder.
    """
    try:
        parts = parts_of(content)
    except Broken:
        return content, None
    early = []
    for part in parts:
        try:
            early.append(configures_packaged(part.document().data))
        except InputError:
            early.append(False)
    if not any(early):
        return content, None
    if all(early):
        return None, content
    texts = ["".join(_block(part.text) for part, is_early in zip(parts, early, strict=True) if is_early is kind)
             for kind in (False, True)]  # fmt: skip
    return texts[0].encode(), texts[1].encode()


def _block(text: str) -> str:
    body = re.sub(r"\A[ \t]*\r?\n", "", text)
    return f"---\n{body.rstrip()}\n"
