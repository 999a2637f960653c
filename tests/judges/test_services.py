"""The charts judge which Services have a value for their families, and what their Services are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.plan.services import single_family_services
from dualstack.rules.ironic.ironic_rendered import CONFIG_MAPS, expected
from tests.judges.tools import METAL3, chart, run, tool
from tests.plan.plans import MODES, plan

pytestmark = pytest.mark.judges

RANCHER = "rancher-2.13.1"


def objects(package: str, name: str, namespace: str, values: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Render a chart."""
    file = folder / "values.yaml"
    file.write_text(dump(values), encoding="utf-8")
    helm, where = tool("helm"), str(chart(package))
    done = run([helm, "template", name, where, "-n", namespace, "--kube-version", "1.34.2", "-f", str(file)])
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.safe_load_all(done.stdout) if item]


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("name", ["metal3", "another"])
def test_metal3s_services_prefer_both_families(version: str, name: str, tmp_path: Path) -> None:
    values: dict[str, Any] = thaw(plan().values("metal3"))
    made = objects(f"metal3-{version}", name, "metal3-system", values, tmp_path)
    services = {item["metadata"]["name"]: item["spec"] for item in made if item["kind"] == "Service"}

    assert f"{name}-metal3-ironic" in services
    assert {spec.get("ipFamilyPolicy") for spec in services.values()} == {"PreferDualStack"}
    # The read-back relies on it: these are not named after the release.
    assert set(CONFIG_MAPS) <= {item["metadata"]["name"] for item in made if item["kind"] == "ConfigMap"}


@pytest.mark.parametrize("values", [{}, {"nameOverride": "manager"}, {"nameOverride": "ranch"}])
def test_ranchers_service_has_no_families_and_the_name_of_the_plan(values: dict[str, Any], tmp_path: Path) -> None:
    made = plan(charts={"rancher": {"values": values}}).chart("rancher")
    assert made is not None
    given: dict[str, Any] = thaw(made.values)
    services = [
        one for one in objects(RANCHER, "rancher", "cattle-system", given, tmp_path) if one["kind"] == "Service"
    ]

    assert tuple(item["metadata"]["name"] for item in services) == single_family_services(made)
    assert not any("ipFamilyPolicy" in item["spec"] for item in services)


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("mode", MODES)
def test_what_the_read_back_expects_is_what_is_rendered(mode: str, version: str, tmp_path: Path) -> None:
    made = plan(mode)
    assert made.ironic is not None
    found = {
        item["metadata"]["name"]: item.get("data") or {}
        for item in objects(f"metal3-{version}", "metal3", "metal3-system", thaw(made.values("metal3")), tmp_path)
        if item["kind"] == "ConfigMap"
    }
    for name, keys in expected(made.ironic, made.values("metal3")).items():
        assert {key: found[name].get(key) for key in keys} == keys
