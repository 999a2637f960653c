"""``dualstack release import``: the vendor's manifest as a file of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.errors import InputError
from dualstack.releases import manifest
from dualstack.releases.manifest import imported
from dualstack.releases.model import REQUIRED
from dualstack.releases.read import checked
from tests.cli.conftest import Run, run

__all__ = ["run"]

EDGE = "oci://registry.example.com/edge/charts"
SAMPLE = f"""\
apiVersion: lifecycle.suse.com/v1alpha1
kind: ReleaseManifest
metadata: {{name: release-manifest-9-9-1}}
spec:
  releaseVersion: 9.9.1
  components:
    kubernetes:
      k3s: {{version: v1.36.1+k3s1}}
      rke2: {{version: v1.36.1+rke2r1}}
    operatingSystem: {{version: '6.3', zypperID: SL-Micro}}
    workloads:
      helm:
        - {{releaseName: rancher, chart: rancher, version: 2.99.1, repository: "https://charts.rancher.com/server-charts/prime"}}
        - {{releaseName: longhorn, chart: "oci://dp.apps.rancher.io/charts/suse-storage", version: 1.99.1}}
        - releaseName: neuvector
          chart: neuvector
          version: 199.0.1+up2.9.9
          repository: https://charts.rancher.io
          dependencyCharts:
            - {{releaseName: neuvector-crd, chart: neuvector-crd, version: 199.0.1+up2.9.9, repository: "https://charts.rancher.io"}}
          addonCharts:
            - {{releaseName: neuvector-ui-ext, chart: neuvector-ui-ext, version: 1.0.0, repository: "https://x.example.com"}}
        - {{releaseName: metallb, chart: "{EDGE}/metallb", version: 399.0.0+up0.15.0}}
        - {{releaseName: metal3, chart: "{EDGE}/metal3", version: 399.0.1+up0.19.0}}
        - {{releaseName: rancher-turtles-providers, chart: "{EDGE}/rancher-turtles-providers", version: 399.0.2+up0.29.0}}
        - {{releaseName: cert-manager, chart: cert-manager, version: 1.99.0, repository: "https://charts.jetstack.io"}}
"""  # noqa: E501
REST = {
    "eib": "1.9", "eibContainer": "registry.example.com/eib:1.9", "eibApi": "1.3", "trustedCasKey": "trustedCAs",
    "ingressController": "traefik", "ingressValues": "traefik-40", "tmpfsCni": True,
}  # fmt: skip


def sample(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(SAMPLE)
    data["spec"]["components"] |= changes
    return data


def test_what_it_cannot_tell_is_all_that_is_missing() -> None:
    made = imported(sample(), "m.yaml")
    data = yaml.safe_load(made.text)
    needed = {line.partition(":")[0] for line in made.missing if not line.endswith("may be left out")}

    assert needed == set(REST)
    with pytest.raises(InputError) as error:
        checked(data, "x.yaml", "9.9")
    assert {part.partition(":")[0] for part in error.value.message.split("; ")} == needed
    release = checked(data | REST, "x.yaml", "9.9")
    assert [(chart.name, chart.version, chart.repository.url, chart.namespace) for chart in release.charts] == [
        ("rancher", "2.99.1", "https://charts.rancher.com/server-charts/prime", "cattle-system"),
        ("longhorn", "1.99.1", "oci://dp.apps.rancher.io/charts", "longhorn-system"),
        ("neuvector-crd", "199.0.1+up2.9.9", "https://charts.rancher.io", "neuvector"),
        ("neuvector", "199.0.1+up2.9.9", "https://charts.rancher.io", "neuvector"),
        ("metal3", "399.0.1+up0.19.0", EDGE, "metal3-system"),
        ("rancher-turtles-providers", "399.0.2+up0.29.0", EDGE, "cattle-turtles-system"),
        ("cert-manager", "1.99.0", "https://charts.jetstack.io", "cert-manager"),
    ]
    assert (release.kubernetes, release.base_image) == ("v1.36.1+rke2r1", "SL-Micro.{arch}-6.3-Base-{kind}")
    assert release.storage_login


def test_gaps_in_the_manifest_are_told() -> None:
    made = imported(sample(kubernetes={}, operatingSystem=None, workloads={"helm": [{"chart": "rancher"}, 1]}), "m")
    told = [line.partition(" (")[0] for line in made.missing]

    assert {"kubernetes: RKE2's version", "charts: version and repository of rancher", "charts: metal3"} <= {*told}
    assert any(line.startswith("baseImage: ") for line in told)


@pytest.mark.parametrize(
    "data", [{}, {"kind": "ReleaseManifest"}, {"kind": "ReleaseManifest", "spec": {"releaseVersion": 3}}]
)
def test_another_file_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no release manifest"):
        imported(data, "m.yaml")


def test_the_command_prints_or_writes_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    file, out = tmp_path / "m.yaml", tmp_path / "9.9.1.yaml"
    file.write_text(SAMPLE, encoding="utf-8")

    printed = run("release", "import", file)
    assert (printed.code, yaml.safe_load(printed.out)["release"]) == (0, "9.9.1")
    assert "missing: eib: " in printed.err
    assert run("release", "import", file, "--out", out).code == 0
    assert out.read_text(encoding="utf-8") == printed.out
    again = run("release", "import", file, "--out", out)
    assert (again.code, "name a file that is not there yet" in again.err) == (2, True)


def test_a_chart_that_only_some_releases_have_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "REQUIRED", REQUIRED - {"turtles"})
    told = imported(sample(workloads={"helm": []}), "m").missing

    assert {"charts: turtles; may be left out", "charts: metal3"} <= {*told}
