"""What belongs to the Helm releases, through the real engine with stand-in providers."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.hints import with_ways_out
from tests.lab.standins.kinds import CONFIG_MAP, HELM_CHART_CONFIG, HELM_CHART_PATCH, RELEASE, SERVICE_PATCH
from tests.lab.standins.project import CANARY, STACK, Deployment
from tests.plan.plans import plan
from tests.sites import mapping

IRONIC = "metal3-system/ironic"
FAMILIES = "management-charts-rancher-families"


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def site(**changes: Any) -> dict[str, Any]:
    """A site on a machine that is there, with few charts."""
    charts: dict[str, Any] = {name: {"enabled": False} for name in ("storage", "turtles", "neuvector")}
    made = mapping(charts={**charts, **changes.pop("charts", {})}, **{"delivery": "pulumi", **changes})
    made["provisioning"] = {**made.get("provisioning", {}), "persistence": {"enabled": False}}
    made["host"] = {"readiness": "off"}
    return made


def rewritten(lab: Deployment, key: str, value: str) -> None:
    """Change a key of Ironic's ConfigMap on the cluster."""
    file = lab.control.thing(CONFIG_MAP, IRONIC)
    thing = json.loads(file.read_text())
    thing["inputs"]["data"][key] = value
    file.write_text(json.dumps(thing))


def test_a_wrong_configmap_stops_the_update_and_no_preview(lab: Deployment) -> None:
    data = site()
    lab.deployed(data)
    rewritten(lab, "IRONIC_EXTERNAL_HTTP_URL", "http://:6180")
    rewritten(lab, "IRONIC_RAMDISK_SSH_KEY", f"{CANARY}-environment")

    lab.pulumi("preview", "--expect-no-changes")
    data["rancher"] = {"replicas": 3}
    lab.site(data)
    lab.control.forget()
    failed = lab.up(code=1)
    assert "metal3-system.ironic.IRONIC_EXTERNAL_HTTP_URL: 'http://:6180' has no host" in failed.told
    assert "Traceback" not in failed.told
    # The site's own ironicExtraEnv may hold secrets.
    read = [one for one in lab.state()["resources"] if one["type"] == CONFIG_MAP]
    assert len(read) == 2 and all(one["external"] for one in read)
    assert CANARY not in json.dumps(lab.state())
    # What comes after metal3 waits for the answer.
    assert lab.control.calls() == []

    # A change that mends it is previewed and made.
    data["provisioning"]["externalHttpHost"] = "images.paris.example.com"
    assert sorted(lab.changed(data)) == ["update management-charts-metal3", "update management-charts-rancher"]
    found = lab.control.world()[CONFIG_MAP][IRONIC]["inputs"]["data"]
    assert found["IRONIC_EXTERNAL_HTTP_URL"] == "http://images.paris.example.com:6180"


def test_a_service_is_patched_again_where_it_was_made_anew(lab: Deployment) -> None:
    lab.deployed(site())
    # By somebody, and found by a refresh.
    lab.control.thing(SERVICE_PATCH, "cattle-system/rancher").unlink()
    lab.pulumi("refresh", "--yes", "--skip-preview")
    lab.control.forget()
    lab.up()
    assert [str(call) for call in lab.control.calls()] == [f"create {FAMILIES}"]

    # With its release.
    lab.control.forget()
    lab.up("--target-replace", lab.resources()["management-charts-rancher"]["urn"])
    calls = [str(call) for call in lab.control.calls()]
    assert calls.index("create management-charts-rancher") < calls.index(f"create {FAMILIES}")

    # Giving the field up would be one more patch, and it fails where the Service is gone.
    lab.control.forget()
    lab.pulumi("destroy", "--yes", "--skip-preview")
    assert f"delete {FAMILIES}" not in [str(call) for call in lab.control.calls()]
    assert not lab.state().get("resources")


def test_day2_sends_changed_values_and_keeps_their_secrets(lab: Deployment) -> None:
    data = site(delivery="image", day2="helmchartconfig")
    lab.deployed(data)
    assert sorted(lab.control.world()[HELM_CHART_CONFIG]) == [
        "kube-system/cert-manager",
        "kube-system/metal3",
        "kube-system/rancher",
    ]
    assert not lab.control.world().get(RELEASE)
    assert CANARY not in json.dumps(lab.state())

    data["rancher"] = {"replicas": 3}
    lab.site(data)
    shown = lab.pulumi("preview", "--diff").stdout
    assert CANARY not in shown
    assert lab.changed(data) == ["update management-charts-rancher-values"]
    assert CANARY not in json.dumps(lab.state())

    data["day2"] = "reimage"
    gone = {f"delete management-charts-{name}-values" for name in ("cert-manager", "metal3", "rancher")}
    assert set(lab.changed(data)) == gone


def test_from_the_image_to_pulumi(lab: Deployment) -> None:
    data = site(delivery="image")
    lab.deployed(data)
    # What RKE2 had released, and still has.
    released = lab.control.thing(RELEASE, "metal3-system/metal3")
    released.write_text(json.dumps({"id": "metal3-system/metal3", "inputs": {"name": "metal3", "chart": "metal3"}}))

    data["charts"]["metal3"] = {"delivery": "pulumi", "handover": True}
    lab.site(data)
    lab.control.forget()
    told = lab.up().told
    assert [str(call) for call in lab.control.calls()] == ["create management-charts-metal3-let-go"]
    assert "kubectl -n metal3-system delete secrets -l owner=helm,name=metal3" in told
    # It may stay like that: nothing more is done to the release.
    assert lab.changed(data) == []

    # What the command does: Helm knows nothing of the release any more.
    released.unlink()
    del data["charts"]["metal3"]["handover"]
    assert lab.changed(data) == ["create management-charts-metal3"]
    # The annotation stays: without it RKE2 would take the release back.
    assert "kube-system/metal3" in lab.control.world()[HELM_CHART_PATCH]


def test_what_was_on_a_cluster_that_is_gone_can_be_forgotten(lab: Deployment) -> None:
    lab.deployed(site())
    told = with_ways_out(
        "management-charts-rancher: can't delete Helm Release with unreachable cluster: no route",
        plan(),
        project="dualstack",
    )
    (command,) = re.findall(r"pulumi (state delete .*)", told)
    lab.control.forget()
    lab.pulumi(*shlex.split(command.replace("test", STACK)))
    lab.pulumi("destroy", "--yes")
    assert [
        call for call in lab.control.calls() if call.operation == "delete" and call.type.startswith("kubernetes:")
    ] == []
