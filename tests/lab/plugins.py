"""Pulumi's real provider plugins: found on PATH, or the test is skipped with the reason."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needed_plugin(name: str) -> Path:
    """Give the path of ``pulumi-resource-<name>``, or skip the test."""
    found = shutil.which(f"pulumi-resource-{name}")
    if found is None:
        pytest.skip(f"pulumi-resource-{name} is not on PATH: not tested with the real provider")
    return Path(found)


def needed_namespaces() -> None:
    """Skip the test where it cannot make network, mount and process namespaces of its own."""
    if os.geteuid() != 0:
        pytest.skip("namespaces of the test's own need root")
    for program in ("unshare", "nsenter", "setpriv", "ip", "mount"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here (apt-get install util-linux mount iproute2)")
