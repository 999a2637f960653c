"""What is on the cluster beside the Helm releases: families of Services, ConfigMaps read back, HelmChartConfigs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dualstack.document.yamlio import dump
from dualstack.offline import SECRET, ProgramError, Resource
from dualstack.plan import make_plan
from dualstack.site import Site
from tests import sites
from tests.components.support import DOMAIN, RELEASE, SECRETS, VOLUME, libvirt_site, rendered_maps, run

PATCH = "kubernetes:core/v1:ServicePatch"
CONFIG = "kubernetes:helm.cattle.io/v1:HelmChartConfig"
LET_GO = "kubernetes:helm.cattle.io/v1:HelmChartPatch"
PREVIEW = pytest.mark.parametrize("preview", [True, False])
HANDOVER = {"metal3": {"delivery": "pulumi", "handover": True}}


def day2_site(**changes: Any) -> dict[str, Any]:
    return sites.mapping("hostname", day2="helmchartconfig", **changes)


def configs(site: dict[str, Any], **given: Any) -> dict[str, Resource]:
    return {str(one.inputs["metadata"]["name"]): one for one in run(site, **given).of_type(CONFIG)}


# Families of Services.


@PREVIEW
def test_ranchers_service_gets_its_second_family(preview: bool) -> None:
    recording = run({**libvirt_site(), "delivery": "pulumi"}, preview=preview)
    patch = recording.one(PATCH)
    release = recording.one(RELEASE, "management-charts-rancher").urn

    assert patch.inputs["spec"] == {"ipFamilyPolicy": "RequireDualStack"}
    metadata = patch.inputs["metadata"]
    assert (metadata["namespace"], metadata["name"]) == ("cattle-system", "rancher")
    assert metadata["annotations"] == {
        "pulumi.com/skipAwait": "true",
        "pulumi.com/patchForce": "true",
        "pulumi.com/patchFieldManager": "dualstack",
    }
    assert release in patch.depends_on
    # A release that is made anew makes a Service anew.
    along = recording.one(RELEASE, "management-charts-rancher").options["replaceWith"]
    assert sorted(patch.options["replaceWith"]) == sorted([release, *along])
    assert patch.options["deletedWith"] == recording.one(DOMAIN).urn
    assert patch.options["retainOnDelete"] is True


def test_without_a_kubeconfig_the_patch_still_shows() -> None:
    site = sites.mapping(delivery="pulumi")
    secrets = {key: value for key, value in SECRETS.items() if key != "kubeconfig"}

    assert run(site, secrets=secrets).one(PATCH) == run(site).one(PATCH)


def test_a_chart_in_the_image_is_not_patched() -> None:
    site = sites.mapping(delivery="pulumi", charts={"rancher": {"delivery": "image"}})

    assert not run(site).of_type(PATCH)


# Ironic's ConfigMaps.


@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_what_the_chart_rendered_is_read_back(mode: str) -> None:
    site = sites.mapping(mode, delivery="pulumi")
    maps = rendered_maps(site)
    recording = run(site, preview=False, maps=maps)
    names = {call.name for call in recording.calls if call.kind == "read"}

    assert names == {"management-charts-metal3-ironic", "management-charts-metal3-baremetal-operator-ironic"}
    maps["ironic"]["IRONIC_EXTERNAL_HTTP_URL"] = "http://:6180"
    maps["baremetal-operator-ironic"]["IRONIC_EXTERNAL_URL_V6"] = "http://fd00:100::10:6180"
    with pytest.raises(ProgramError) as caught:
        run(site, preview=False, maps=maps)
    told = str(caught.value)
    assert "metal3-system.ironic.IRONIC_EXTERNAL_HTTP_URL: 'http://:6180' has no host; give the chart a host" in told
    assert "IRONIC_EXTERNAL_URL_V6: 'http://fd00:100::10:6180' has an IPv6 address without brackets" in told
    assert "they find no boot media" in told


def test_a_site_may_lower_the_rule_of_the_read_back() -> None:
    rules = {"DS154-ironic-rendered": {"severity": "warning", "because": "a chart of our own"}}
    site = sites.mapping(delivery="pulumi", rules=rules)
    recording = run(site, preview=False, maps={"ironic": {}, "baremetal-operator-ironic": {}})

    assert any("DS154-ironic-rendered" in text for level, text in recording.log if level == "warning")


def test_a_chart_that_nobody_has_read_is_not_read_back() -> None:
    recording = run(sites.mapping(delivery="pulumi", release="3.6"), preview=False)

    assert not [call for call in recording.calls if call.kind == "read"]
    assert any("are not read back" in text for level, text in recording.log if level == "warning")


# HelmChartConfigs.


@PREVIEW
def test_values_are_sent_to_every_chart_in_the_image(preview: bool) -> None:
    site = {**libvirt_site(), "day2": "helmchartconfig"}
    recording = run(site, preview=preview)
    plan = make_plan("test", Site.model_validate(site), frozenset(SECRETS))

    made = {str(one.inputs["metadata"]["name"]): one for one in recording.of_type(CONFIG)}
    assert set(made) == {chart.name for chart in plan.charts if chart.values}
    assert not recording.of_type(RELEASE)
    metal3 = made["metal3"]
    assert metal3.inputs["metadata"]["namespace"] == "kube-system"
    assert yaml.safe_load(metal3.inputs["spec"]["valuesContent"]) == yaml.safe_load(dump(dict(plan.values("metal3"))))
    # The default would uninstall a release whose upgrade failed.
    assert {one.inputs["spec"]["failurePolicy"] for one in made.values()} == {"abort"}
    assert metal3.options["deletedWith"] == recording.one(DOMAIN).urn
    assert recording.one(VOLUME, "management-host-disk").urn in metal3.options["replaceWith"]


def test_a_secret_among_the_values_makes_the_text_a_secret() -> None:
    made = configs(day2_site())

    assert made["rancher"].inputs["spec"]["valuesContent"] == SECRET
    assert made["longhorn"].inputs["spec"]["valuesContent"] == SECRET
    assert "replicas" in configs(day2_site(), secrets={})["rancher"].inputs["spec"]["valuesContent"]


def test_a_chart_may_decide_for_itself() -> None:
    one = sites.mapping(charts={"rancher": {"day2": "helmchartconfig"}})
    other = day2_site(charts={"rancher": {"day2": "reimage"}, "metal3": {"delivery": "pulumi"}})

    assert set(configs(one)) == {"rancher"}
    assert not {"rancher", "metal3"} & set(configs(other)) and "cert-manager" in configs(other)


# From the image to Pulumi.


@PREVIEW
def test_a_chart_that_is_handed_over_is_let_go_and_not_released(preview: bool) -> None:
    recording = run(sites.mapping(charts=HANDOVER), stack="paris", preview=preview)
    patch = recording.one(LET_GO)

    assert patch.inputs["metadata"] == {
        "name": "metal3",
        "namespace": "kube-system",
        "annotations": {"helmcharts.helm.cattle.io/unmanaged": "true"},
    }
    # With the annotation gone RKE2 would take the release back.
    assert patch.options["retainOnDelete"] is True
    assert not recording.of_type(RELEASE)
    told = [text for level, text in recording.log if level == "warning" and "kubectl -n" in text]
    assert len(told) == 1
    assert "kubectl -n metal3-system delete secrets -l owner=helm,name=metal3;" in told[0]


def test_others_do_not_wait_for_a_chart_that_is_handed_over() -> None:
    site = sites.mapping(delivery="pulumi", charts={"metal3": {"handover": True}})
    recording = run(site)
    names = {one.urn: one.inputs["name"] for one in recording.of_type(RELEASE)}

    assert "metal3" not in names.values()
    rancher = recording.one(RELEASE, "management-charts-rancher")
    assert [names[urn] for urn in rancher.depends_on if urn in names] == ["longhorn"]
