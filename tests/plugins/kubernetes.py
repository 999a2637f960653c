"""Our program against a real Kubernetes API server."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests import sites
from tests.lab.charts import Charts
from tests.lab.kube import Kube
from tests.lab.leaks import leaks
from tests.lab.plugins import needed_plugin
from tests.lab.standins.project import CANARY, SECRETS, Deployment
from tests.lab.steps import Applied, applied

FIXTURES = Path(__file__).parent / "charts"
LOGIN = ("robot", f"{CANARY}-apps")
"""Of the private part of the repository; the password is what the stack has under ``appsToken``."""
VERSIONS = {"cert-manager": "1.19.2", "metal3": "0.13.1", "rancher": "2.13.1"}
NAMESPACES = {"cert-manager": "cert-manager", "metal3": "metal3-system", "rancher": "cattle-system"}
NEXT = "2.13.2"
"""A later version of the rancher chart."""
RELEASES = [f"management-charts-{name}" for name in VERSIONS]
FAMILIES = "management-charts-rancher-families"
BOTH = ["IPv4", "IPv6"]


def fixtures(charts: Charts) -> None:
    """Offer the charts of this folder."""
    for name, version in VERSIONS.items():
        charts.add(FIXTURES / name, version)
    charts.add(FIXTURES / "rancher", NEXT)


class KubeLab(Deployment):
    """A copy of the project whose Kubernetes provider is the real one."""

    def __init__(self, folder: Path, kube: Kube, charts: Charts, standins: Iterable[str] = ()) -> None:
        """Copy the project, and clear the cluster.

        Args:
            folder: empty.
            kube: the cluster.
            charts: where the charts are.
            standins: providers that are not the real ones.
        """
        needed_plugin("kubernetes")
        super().__init__(folder, standins)
        self.kube, self.charts = kube, charts
        kube.clear()

    def small(self, mode: str = "address", /, **rancher: Any) -> dict[str, Any]:
        """Give a site on a machine that is already there, whose charts come from the lab.

        Args:
            mode: of the site.
            rancher: settings below ``charts.rancher``.
        """
        site = sites.mapping(mode, delivery="pulumi", host={"kind": "existing", "readiness": "off"})
        site["dns"]["backend"] = "none"
        site.setdefault("provisioning", {})["persistence"] = {"enabled": False}
        charts: dict[str, dict[str, Any]] = {name: {"enabled": False} for name in ("storage", "turtles", "neuvector")}
        charts |= {name: {"repository": self.charts.url, "version": version} for name, version in VERSIONS.items()}
        login = {"username": LOGIN[0], "passwordKey": "appsToken"}
        charts["rancher"] |= {"repository": self.charts.private, "login": login, **rancher}
        site["charts"] = charts
        return site

    def init(self, stack: str = "lab") -> None:
        """Make the stack, with its secrets and the way to the cluster."""
        self.pulumi("stack", "init", stack)
        secrets = {**SECRETS, "kubeconfig": self.kube.kubeconfig()}
        words = [word for key, value in secrets.items() for word in ("--secret", f"dualstack:{key}={value}")]
        self.pulumi("config", "set-all", *words)

    def connect(self, kubeconfig: str) -> None:
        """Give the stack another kubeconfig."""
        self.pulumi("config", "set", "--secret", "dualstack:kubeconfig", "--", kubeconfig)

    def patience(self, seconds: int) -> None:
        """Have releases waited for no longer than that."""
        file = self.folder / "components/charts.py"
        source = file.read_text()
        assert "RELEASE_SECONDS = 1800" in source
        file.write_text(source.replace("RELEASE_SECONDS = 1800", f"RELEASE_SECONDS = {seconds}"))

    def apply(self, site: dict[str, Any], *arguments: str, code: int = 0) -> Applied:
        """Bring up a site; give what it did on the cluster."""
        self.site(site)
        return applied(self, "kubernetes:", *arguments, code=code)

    def first(self, site: dict[str, Any]) -> Applied:
        """Make the stack for a site, and bring it up."""
        self.site(site)
        self.init()
        return self.apply(site)

    def records(self) -> dict[str, str]:
        """Give the statuses of Helm's records of all releases."""
        known = self.kube.names("namespaces")
        namespaces = [namespace for namespace in NAMESPACES.values() if namespace in known]
        return {name: status for item in namespaces for name, status in self.kube.releases(item).items()}

    def data(self, name: str, chart: str) -> dict[str, str]:
        """Give the data of a ConfigMap of a chart."""
        data: dict[str, str] = self.kube.call("GET", self.place("configmaps", name, chart))["data"]
        return data

    def place(self, kind: str, name: str, chart: str) -> str:
        """Give the path of an object of a chart."""
        return f"/api/v1/namespaces/{NAMESPACES[chart]}/{kind}/{name}"

    def password(self) -> str:
        """Give the password that Rancher was given."""
        secret = self.kube.call("GET", self.place("secrets", "bootstrap-secret", "rancher"))
        return base64.b64decode(secret["data"]["bootstrapPassword"]).decode()

    def families(self) -> list[str]:
        """Give the families of Rancher's Service."""
        found: list[str] = self.kube.call("GET", self.place("services", "rancher", "rancher"))["spec"]["ipFamilies"]
        return found

    def leaking(self) -> set[str]:
        """Give the parts of the project that hold a secret in clear; EIB's directory must, and may."""
        tokens = [token.encode() for token in self.kube.tokens]
        files = [file for file in (self.folder / ".dualstack/state").rglob("*") if file.is_file()]
        assert not [file for file in files for token in tokens if token in file.read_bytes()]
        return {file.relative_to(self.folder).parts[0] for file in leaks(self.folder)}

    def left(self) -> dict[str, list[str]]:
        """Give what is in the charts' namespaces, by kind."""
        known = self.kube.names("namespaces")
        return {
            f"{namespace}/{kind}": names
            for namespace in NAMESPACES.values()
            if namespace in known
            for kind in ("configmaps", "secrets", "services")
            if (names := self.kube.names(kind, namespace))
        }
