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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from dualstack.address.family import Family
from dualstack.engine.cache import cache_folder, locked, staged
from dualstack.engine.model import StepError
from dualstack.engine.pip import pip_install
from tests import PROJECT
from tests.lab.certificates import certificate
from tests.lab.operator import needed_operator
from tests.lab.plugins import needed_namespaces
from tests.lab.tools import needed
from tests.lab.uml import needed_here

_DONE: Final = "lab.done"
_TIMEOUT: Final = 400


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine to be inspected.

    Attributes:
        name: of it.
        host: its BMC's address; the BMC has no other family.
        external_http_url: what the Baremetal Operator gives for it; None for nothing.
        ramdisk: the families of the ramdisk's network; it is not started where empty.
        address: of the BMC in its BareMetalHost, up to the path of the system; wanted where the operator registers it.
    """

    name: str
    host: str
    external_http_url: str | None = None
    ramdisk: tuple[Family, ...] = ()
    address: str = ""


def environment(name: str, what: str) -> Path:
    """Give the Python of an environment that ``NAME-requirements.txt`` describes, or skip the test.

    Args:
        name: of it.
        what: what is in it, for people.
    """
    requirements = Path(__file__).with_name(f"{name}-requirements.txt")
    # The interpreter counts, too: an environment breaks with the Python that it was made of.
    parts = [requirements.read_bytes(), os.fsencode(os.path.realpath(sys.executable))]
    try:
        folder = cache_folder("lab") / f"{name}-{hashlib.sha256(bytes(0).join(parts)).hexdigest()[:12]}"
        python = folder / "bin" / "python"
        with locked(folder, print) as lock:
            if not (folder / _DONE).is_file():
                with staged(folder) as stage:
                    venv.create(stage, symlinks=True, with_pip=False)
                    there = stage / "bin" / "python"
                    pip_install(what, lock, "--requirement", str(requirements), python=there)
                    (stage / _DONE).touch()
        return python
    except (StepError, OSError) as error:
        pytest.skip(f"no {what} from the package index: {error}")


def inspected(
    folder: Path,
    *,
    base_url: str,
    external_url: str,
    machines: list[Machine],
    certified: Sequence[str],
    names: dict[str, list[str]] | None = None,
    callback: str = "",
    operator: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Let Ironic inspect machines up to where their ramdisk boots, and give what was seen.

    Args:
        folder: an empty folder.
        base_url: ``IRONIC_BASE_URL``, where Ironic's API is known.
        external_url: ``IRONIC_EXTERNAL_HTTP_URL``, where media are known.
        machines: the machines.
        certified: whom the API's certificate names.
        names: what names resolve to, for the node and for BMCs.
        callback: ``IRONIC_EXTERNAL_CALLBACK_URL``; none where empty.
        operator: environment of the Baremetal Operator, which registers the machines in place of this lab, and has
            them inspected.

    Returns:
        ``links``: by URL asked what the API's version link says. ``machines``: by name ``image``, the URL that the BMC
        was given, ``from``, whence it was fetched, ``words`` of the ramdisk's kernel line, and ``agent`` as of
        ``tests.lab.agent`` where a ramdisk was started; ``told`` is the node's own URL for media, None for Ironic's.
    """
    needed_namespaces()
    tools = {"mkfs": str(needed("mkfs.fat")), "isoinfo": str(needed("isoinfo"))}
    needed("genisoimage")
    if operator is not None:
        needed_operator()
        needed("etcd")
        needed("kube-apiserver")
    if any(one.ramdisk for one in machines):
        needed_here()
        tools["agent"] = str(environment("agent", "ironic-python-agent"))
        needed("lshw")
    served = certificate(folder / "certificate", *certified)
    request = {
        **tools,
        "python": str(environment("ironic", "Ironic")),
        "addresses": ["192.168.100.10/32", "fd00:100::10/128"],
        "ask": ["https://192.168.100.10:6385", "https://[fd00:100::10]:6385"],
        "hosts": "".join(f"{address} {name}\n" for name, found in (names or {}).items() for address in found),
        "urls": {"base_url": base_url, "external_url": external_url},
        "tls": {"certificate": str(served.certificate), "key": str(served.key)},
        "callback": callback,
        "operator": dict(operator) if operator is not None else None,
        "machines": [
            {
                "name": one.name,
                "host": one.host,
                "external_http_url": one.external_http_url,
                "ramdisk": one.ramdisk,
                "address": one.address,
            }
            for one in machines
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
