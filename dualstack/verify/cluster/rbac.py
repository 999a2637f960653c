"""The role that allows what is read, and nothing else: made of the table of reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dualstack.document.yamlio import dump
from dualstack.verify.cluster.reads import READS, Read

NAME: Final = "dualstack-verify"
NAMESPACE: Final = "kube-system"
_GROUP: Final = "rbac.authorization.k8s.io"


def manifest(*, secrets: bool) -> str:
    """Write a ServiceAccount, its roles and their bindings, for ``kubectl apply -f -``.

    Args:
        secrets: whether Helm's records, which are Secrets, may be read, too; RBAC knows no labels, so all others with
            them.
    """
    return "---\n".join(dump(one) for one in objects(secrets=secrets))


def objects(*, secrets: bool) -> list[dict[str, Any]]:
    """Give the objects of ``manifest``."""
    allowed = [read for read in READS.values() if secrets or not read.secret]
    found: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    ]
    found += _role("", [read for read in allowed if not read.namespace])
    for namespace in dict.fromkeys(read.namespace for read in allowed if read.namespace):
        found += _role(namespace, [read for read in allowed if read.namespace == namespace])
    return found


def _role(namespace: str, reads: Iterable[Read]) -> list[dict[str, Any]]:
    kind = "Role" if namespace else "ClusterRole"
    metadata = {"name": NAME, **({"namespace": namespace} if namespace else {})}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    api = f"{_GROUP}/v1"
    return [
        {"apiVersion": api, "kind": kind, "metadata": metadata, "rules": [_rule(read) for read in reads]},
        {
            "apiVersion": api,
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": NAME},
            "subjects": [subject],
        },
    ]


def _rule(read: Read) -> dict[str, Any]:
    verbs = ["get"] if read.names else ["get", "list"] if read.secret else ["list"]
    named = {"resourceNames": list(read.names)} if read.names else {}
    return {"apiGroups": [read.group], "resources": [read.plural], "verbs": verbs, **named}
