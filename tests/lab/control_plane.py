"""etcd, API server and the controller that gives nodes their pod CIDRs, in namespaces of their own.

No kubelet, no pod: nodes are objects that the test makes. See ``control_plane_inside`` for what runs there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import PROJECT
from tests.judges.tools import tool
from tests.lab.plugins import needed_namespaces

TIMEOUT: Final = 400
SERVERS: Final = ("etcd", "kube-apiserver")
MANAGER: Final = "kube-controller-manager"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes to be given pod CIDRs.

    Attributes:
        name: of the case.
        pods: ``--cluster-cidr``.
        count: how many nodes.
        masks: arguments of the controller manager's.
        services: its ``--service-cluster-ip-range``.
    """

    name: str
    pods: str
    count: int
    masks: Sequence[str] = ()
    services: str = ""


def asked(
    folder: Path, *, services: str, nodes: Sequence[Nodes] = (), objects: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Start an API server, make Services and nodes, and give what became of them; skips where a program is missing.

    Args:
        folder: an empty one.
        services: ``--service-cluster-ip-range``.
        nodes: one controller manager after the other.
        objects: Services to be made first.

    Returns:
        ``stopped``: the API server's last words where it did not start, else None. ``services``: by name the cluster
        IPs, or why there are none. ``nodes``: by case ``pods``, each node's pod CIDRs, ``stopped``, the controller
        manager's last words where it ended, and ``events``, reasons that it gave for nodes.
    """
    needed_namespaces()
    programs = {name: tool(name) for name in (*SERVERS, *([MANAGER] if nodes else []))}
    key = rsa.generate_private_key(65537, 2048)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "key.pub").write_bytes(public)
    request = {
        "programs": programs,
        "services": services,
        "nodes": [asdict(one) for one in nodes],
        "objects": list(objects),
    }
    (folder / "request.json").write_text(json.dumps(request))
    spaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]
    module = "tests.lab.control_plane_inside"
    command = ["setpriv", "--pdeathsig=KILL", *spaces, sys.executable, "-m", module, str(folder)]
    variables = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    subprocess.run(command, cwd=PROJECT, env=variables, stdin=subprocess.DEVNULL, check=True, timeout=TIMEOUT)
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
    if "failed" in answer:
        logs = [f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(folder.glob("*.log"))]
        raise AssertionError("\n".join([answer["failed"], *logs]))
    return answer
