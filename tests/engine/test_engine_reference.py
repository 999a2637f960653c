"""Another project's program reads a stack of ours by a StackReference, through the real engine."""

from __future__ import annotations

import json
from pathlib import Path

from dualstack.document.yamlio import dump
from tests.lab.standins.project import CANARY, STACK, Deployment, small_site

PROGRAM = f"""
import pulumi

ours = pulumi.StackReference("organization/dualstack/{STACK}")
for name in ("entry", "serving", "names", "nodes", "apiServer", "rancherUrl", "ironicEndpoint", "kubeconfig"):
    pulumi.export(name, ours.require_output(name))
"""


def test_what_a_stack_tells_others(tmp_path: Path) -> None:
    lab = Deployment(tmp_path)
    lab.deployed(small_site())
    reader = tmp_path / "reader"
    (reader / "stacks").mkdir(parents=True)
    (reader / "Pulumi.yaml").write_text(dump({"name": "reader", "runtime": "python", "stackConfigDir": "stacks"}))
    (reader / "__main__.py").write_text(PROGRAM)
    # The same backend; its own files.
    lab.folder = reader
    lab.pulumi("stack", "init", "one")
    shown = lab.up().told

    told = json.loads(lab.pulumi("stack", "output", "--json").stdout)
    both = {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"}
    assert told.pop("kubeconfig") == "[secret]"
    assert told == {
        "entry": both,
        "serving": both,
        "names": [],
        "nodes": {"mgmt-1": both},
        "apiServer": "https://192.168.100.10:6443",
        "rancherUrl": "https://rancher-192-168-100-10.fd00-100--10.sslip.io",
        "ironicEndpoint": "https://192.168.100.10:6385/v1/",
    }
    # What was read is a secret there, too.
    assert CANARY in lab.pulumi("stack", "output", "kubeconfig", "--show-secrets").stdout
    assert CANARY not in shown + lab.pulumi("stack", "export").stdout
