"""A real API server that holds a healthy cluster as data: kinds without a schema, objects with status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dualstack.plan.model import Plan
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.reads import READS
from dualstack.verify.model import Way
from tests.lab import api
from tests.lab.kube import Gone, Kube
from tests.verify.cluster.healthy import Object

CLUSTER_WIDE = {"Setting", "ETCDSnapshotFile", "IPPool"}
OWN = ("", "apps", "batch", "discovery.k8s.io", "networking.k8s.io", "admissionregistration.k8s.io",
       "apiregistration.k8s.io", "apiextensions.k8s.io", "rbac.authorization.k8s.io")  # fmt: skip
"""Groups that the API server has itself."""
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


class Site(Kube):
    """An API server with the plan's service ranges and names in its certificate; it writes down who asks for what."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder)
        self.plan = plan
        own = [str(address) for node in plan.nodes for address in node.addresses.values()]
        pem = api.certificate((*api.HERE, *own, *map(str, plan.api.values())), days=300)
        key, _, rest = pem.partition("-----BEGIN CERTIFICATE-----")
        self.pem = pem
        self.authority = f"-----BEGIN CERTIFICATE-----{rest}"
        certificates = folder / "certificates"
        certificates.mkdir()
        (certificates / "apiserver.key").write_text(key)
        (certificates / "apiserver.crt").write_text(self.authority)
        (folder / "audit.yaml").write_text(json.dumps(_AUDIT))

    def _apiserver(self) -> list[str]:
        given = [one for one in super()._apiserver() if not one.startswith("--service-cluster-ip-range")]
        return [
            *given,
            f"--service-cluster-ip-range={self.plan.server['service-cidr']}",
            "--audit-policy-file=audit.yaml",
            "--audit-log-path=audit.log",
        ]

    def access(self, token: str | None = None) -> Access:
        return Access(self.url, self.authority.encode(), token=token or self.tokens[0])

    @property
    def way(self) -> Way:
        """Each planned address leads here."""
        return Way(lambda address, port: ("127.0.0.1", self.port), 10.0)

    def asked(self, agent: str = "dualstack-verify") -> list[dict[str, Any]]:
        """Give what was asked by somebody, as the API server wrote it down."""
        lines = (self.folder / "audit.log").read_text().splitlines()
        return [one for one in map(json.loads, lines) if one.get("userAgent") == agent]

    def hold(self, objects: list[Object]) -> None:
        """Store objects, with their kinds and namespaces before them.

        No APIServices: the API server would ask at their addresses, which are a site's.
        """
        objects = [one for one in objects if one["kind"] != "APIService"]
        for namespace in sorted({one["metadata"].get("namespace", "default") for one in objects}):
            if self.get(f"/api/v1/namespaces/{namespace}") is None:
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
                self.call("POST", "/api/v1/namespaces", body)
        self._define(objects)
        for one in objects:
            self._store(one)

    def _define(self, objects: list[Object]) -> None:
        kinds = {(one["apiVersion"], one["kind"]) for one in objects}
        kinds |= {(f"{r.group}/{r.versions[-1]}", r.kind) for r in READS.values() if r.group not in OWN}
        for whole, kind in sorted(kinds):
            group, _, version = whole.rpartition("/")
            if group in OWN:
                continue
            plural = plural_of(kind, group)
            schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
            spec = {
                "group": group,
                "scope": "Cluster" if kind in CLUSTER_WIDE else "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
            }
            # Groups of the project's own want a word of who approved them.
            metadata = {
                "name": f"{plural}.{group}",
                "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
            }
            body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            if self.get(f"{path}/{plural}.{group}") is None:
                self.call("POST", path, {**body, "spec": spec})

    def path(self, one: Object) -> str:
        """Give the path of an object's kind."""
        whole, metadata = one["apiVersion"], one["metadata"]
        root = f"/apis/{whole}" if "/" in whole else f"/api/{whole}"
        namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        return f"{root}{namespace}/{plural_of(one['kind'], whole.rpartition('/')[0])}"

    def _store(self, one: Object) -> None:
        path = self.path(one)
        own = f"{path}/{one['metadata']['name']}"
        if self.get(own) is not None:
            return  # the API server's own: kube-system, its ServiceCIDR, the Service kubernetes
        self._made(path, one)
        if "status" in one and one["apiVersion"].rpartition("/")[0] in OWN:
            self.patch(f"{own}/status", {"status": one["status"]})

    def _made(self, path: str, one: Object) -> None:
        # What a definition has just brought is not served at once.
        for again in range(100):
            try:
                self.call("POST", path, one)
                return
            except Gone:
                if again == 99:
                    raise


def plural_of(kind: str, group: str) -> str:
    known = {read.kind: read.plural for read in READS.values() if read.group == group}
    return known.get(kind) or {"NetworkPolicy": "networkpolicies"}.get(kind) or f"{kind.lower()}s"
