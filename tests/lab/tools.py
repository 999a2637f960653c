"""Other people's programs that the lab starts, and where to get them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.lab_packages import PACKAGES, TRUTH


def needed(binary: str) -> Path:
    """Give the path of a program, or skip the test with the reason."""
    # Debian keeps servers in sbin, which is not on everybody's PATH.
    found = shutil.which(binary) or shutil.which(binary, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        packages = [item.package for item in (*PACKAGES, *TRUTH) if binary in item.binaries]
        way = f"apt-get install {packages[0]}" if packages else "install it"
        pytest.skip(f"{binary} is not here ({way})")
    return Path(found)
