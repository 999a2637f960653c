"""What the tests of the image's build share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provider.image.image_build import BuildHandler
from provider.image.image_directory import DirectoryHandler
from tests.provider.handlers import checked, plain

HANDLER, DIRECTORY = BuildHandler(), DirectoryHandler()
SECRET = "canary pass/7d1f"
BUILDER = "registry.suse.com/edge/3.5/edge-image-builder:1.3.3"
BASE = "SL-Micro.raw"
OUT, IMAGES = Path("build/paris"), Path("build/paris.image")
DEFINITION = f"image:\n  imageType: raw\n  outputImageName: eib-paris.raw\npassword: {SECRET}\n"


def directory(**files: str) -> dict[str, Any]:
    """Write the rendered directory; give its state."""
    given = {
        "definition.yaml": {"mode": "0600", "content": DEFINITION},
        **{name: {"mode": "0644", "content": text} for name, text in files.items()},
    }
    inputs = checked(DIRECTORY, {"site": "paris", "path": str(OUT), "files": given})
    return dict(plain(DIRECTORY.create(inputs, False, 0)[1]))


def inputs(digest: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {
        "directory": str(OUT),
        "digest": digest or directory()["digest"],
        "baseImage": BASE,
        "builder": BUILDER,
        "secrets": [SECRET],
    }
    return checked(HANDLER, {**given, **changes})


def built(given: dict[str, Any]) -> dict[str, Any]:
    return HANDLER.create(given, False, 0)[1]


def names() -> set[str]:
    return {path.name for path in IMAGES.iterdir()} if IMAGES.exists() else set()
