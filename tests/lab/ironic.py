"""A real Ironic with Redfish BMCs of either family, in namespaces of its own; see ``ironic_inside`` for what is there.

Ironic and the emulator come from the package index into an environment in the user's cache, made once; the test is
skipped, with the reason, where that cannot be.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from dualstack.engine.cache import cache_folder, locked, staged
from dualstack.engine.model import StepError
from dualstack.engine.pip import pip_install
from tests import PROJECT
from tests.lab.plugins import needed_namespaces
from tests.lab.tools import needed

REQUIREMENTS: Final = Path(__file__).with_name("ironic-requirements.txt")
_DONE: Final = "lab.done"
_TIMEOUT: Final = 400


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine to be inspected.

    Attributes:
        name: of it.
        host: its BMC's address; the BMC has no other family.
        external_http_url: what the Baremetal Operator gives for it; None for nothing.
    """

    name: str
    host: str
    external_http_url: str | None = None


def ironic_python() -> Path:
    """Give the Python that has Ironic, or skip the test."""
    # The interpreter counts, too: an environment breaks with the Python that it was made of.
    parts = [REQUIREMENTS.read_bytes(), os.fsencode(os.path.realpath(sys.executable))]
    try:
        folder = cache_folder("lab") / f"ironic-{hashlib.sha256(bytes(0).join(parts)).hexdigest()[:12]}"
        python = folder / "bin" / "python"
        with locked(folder, print) as lock:
            if not (folder / _DONE).is_file():
                with staged(folder) as stage:
                    venv.create(stage, symlinks=True, with_pip=False)
                    there = stage / "bin" / "python"
                    pip_install("Ironic", lock, "--requirement", str(REQUIREMENTS), python=there)
                    (stage / _DONE).touch()
        return python
    except (StepError, OSError) as error:
        pytest.skip(f"no Ironic from the package index: {error}")


def inspected(
    folder: Path,
    *,
    base_url: str,
    external_url: str,
    machines: list[Machine],
    names: dict[str, list[str]] | None = None,
    callback: str = "",
) -> dict[str, Any]:
    """Let Ironic inspect machines up to where their ramdisk boots, and give what was seen.

    Args:
        folder: an empty folder.
        base_url: ``IRONIC_BASE_URL``, where Ironic's API is known.
        external_url: ``IRONIC_EXTERNAL_HTTP_URL``, where media are known.
        machines: the machines.
        names: what names resolve to, for the node and for BMCs.
        callback: ``IRONIC_EXTERNAL_CALLBACK_URL``; none where empty.

    Returns:
        ``links``: by URL asked what the API's version link says. ``machines``: by name ``image``, the URL that the BMC
        was given, ``from``, whence it was fetched, and ``words`` of the ramdisk's kernel line.
    """
    needed_namespaces()
    tools = {"mkfs": str(needed("mkfs.fat")), "isoinfo": str(needed("isoinfo"))}
    needed("genisoimage")
    request = {
        **tools,
        "python": str(ironic_python()),
        "addresses": ["192.168.100.10/32", "fd00:100::10/128"],
        "ask": ["http://192.168.100.10:6385", "http://[fd00:100::10]:6385"],
        "hosts": "".join(f"{address} {name}\n" for name, found in (names or {}).items() for address in found),
        "urls": {"base_url": base_url, "external_url": external_url},
        "callback": callback,
        "machines": [
            {"name": one.name, "host": one.host, "external_http_url": one.external_http_url} for one in machines
        ],
    }
    (folder / "request.json").write_text(json.dumps(request))
    spaces = ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--mount-proc", "--kill-child=KILL"]
    command = ["setpriv", "--pdeathsig=KILL", *spaces, sys.executable, "-m", "tests.lab.ironic_inside", str(folder)]
    variables = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    subprocess.run(
        command,
        cwd=PROJECT,
        env={**variables, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=_TIMEOUT,
    )
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
    if "failed" in answer:
        logs = [f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(folder.glob("*.log"))]
        raise AssertionError("\n".join([answer["failed"], *logs]))
    return answer
