"""Helm releases: order, pins, repositories, secrets, and their tie to the host."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pulumi
import pytest

from components.access import _no_kubeconfig
from components.config import _give
from components.secrets import Secrets
from dualstack.document.holes import UNKNOWN_WORD
from dualstack.offline import SECRET
from tests import sites
from tests.components.support import DOMAIN, RELEASE, SECRETS, VOLUME, libvirt_site, run
from tests.sites import put

PREVIEW = pytest.mark.parametrize("preview", [True, False])
ORDER = ["cert-manager", "longhorn", "metal3", "rancher", "rancher-turtles-providers", "neuvector-crd", "neuvector"]


def pulumi_site(**changes: Any) -> dict[str, Any]:
    return sites.mapping("hostname", delivery="pulumi", **changes)


def before(site: dict[str, Any]) -> dict[str, list[str]]:
    """The releases that each release depends on, by name."""
    recording = run(site)
    names = {resource.urn: str(resource.inputs["name"]) for resource in recording.of_type(RELEASE)}
    return {names[r.urn]: [names[urn] for urn in r.depends_on if urn in names] for r in recording.of_type(RELEASE)}


def test_delivery_image_makes_no_release_and_no_provider() -> None:
    recording = run(sites.mapping())

    assert not recording.of_type(RELEASE)
    assert not recording.of_type("pulumi:providers:kubernetes")


@PREVIEW
def test_releases_come_one_after_the_other(preview: bool) -> None:
    recording = run(pulumi_site(), preview=preview)
    releases = recording.of_type(RELEASE)
    ready = recording.one("dualstack:host:Ready").urn

    assert [release.inputs["name"] for release in releases] == ORDER
    assert set(releases[0].depends_on) == {ready}
    for one, next_one in itertools.pairwise(releases):
        assert set(next_one.depends_on) >= {one.urn, ready}


def test_a_chart_in_the_image_stands_for_those_before_it() -> None:
    order = before(pulumi_site(charts={"storage": {"delivery": "image"}, "metal3": {"delivery": "image"}}))

    assert "metal3" not in order
    assert order["rancher"] == ["cert-manager"]


def test_one_chart_alone_may_be_delivered_by_pulumi() -> None:
    order = before(sites.mapping(charts={"rancher": {"delivery": "pulumi"}}))

    assert order == {"rancher": []}


@PREVIEW
def test_every_release_is_pinned_and_named(preview: bool) -> None:
    for release in run(pulumi_site(), preview=preview).of_type(RELEASE):
        inputs = release.inputs

        assert inputs["version"], release.name
        assert release.name == f"management-charts-{inputs['name']}"
        assert inputs["namespace"]
        assert inputs["createNamespace"] is True
        assert (inputs["skipAwait"], inputs["atomic"], inputs["cleanupOnFail"]) == (False, False, True)
        assert release.options["deleteBeforeReplace"] is True
        assert release.options["ignoreChanges"] == []


def test_an_oci_chart_is_named_by_its_whole_reference() -> None:
    metal3 = run(pulumi_site()).one(RELEASE, "management-charts-metal3").inputs

    assert metal3["chart"] == "oci://registry.suse.com/edge/charts/metal3"
    assert "repositoryOpts" not in metal3


def test_an_own_mirror_has_its_login_as_a_secret() -> None:
    login = {"username": "robot", "passwordKey": "appsToken"}
    mirror = {"repository": "https://charts.example.com/x", "version": "9.9.9", "login": login}
    rancher = run(pulumi_site(charts={"rancher": mirror})).one(RELEASE, "management-charts-rancher").inputs

    assert (rancher["chart"], rancher["version"]) == ("rancher", "9.9.9")
    assert rancher["repositoryOpts"] == {
        "repo": "https://charts.example.com/x",
        "username": "robot",
        "password": SECRET,
    }


def test_an_oci_login_needs_no_repository() -> None:
    longhorn = run(pulumi_site()).one(RELEASE, "management-charts-longhorn").inputs

    assert longhorn["repositoryOpts"] == {"username": "robot", "password": SECRET}


def test_a_secret_in_values_hides_itself_alone() -> None:
    values = run(pulumi_site()).one(RELEASE, "management-charts-rancher").inputs["values"]

    assert values["bootstrapPassword"] == SECRET
    assert values["hostname"] == sites.FQDN


def test_without_a_password_rancher_makes_one_up() -> None:
    secrets = {key: value for key, value in SECRETS.items() if key != "rancherBootstrapPassword"}
    values = run(pulumi_site(), secrets=secrets).one(RELEASE, "management-charts-rancher").inputs["values"]

    assert "bootstrapPassword" not in values


def test_the_sites_values_come_last() -> None:
    site = put(pulumi_site(), 3, "charts", "rancher", "values", "replicas")

    assert run(site).one(RELEASE, "management-charts-rancher").inputs["values"]["replicas"] == 3


def test_an_extra_chart_is_a_release_of_its_own() -> None:
    extra = {"name": "podinfo", "version": "6.9.0", "repository": "oci://ghcr.io/stefanprodan/charts", "namespace": "x"}
    release = run(pulumi_site(charts={"extra": [extra]})).one(RELEASE, "management-charts-podinfo")

    assert release.inputs["chart"] == "oci://ghcr.io/stefanprodan/charts/podinfo"
    assert release.inputs["namespace"] == "x"


@PREVIEW
def test_releases_go_with_the_machine_and_are_new_on_a_new_disk(preview: bool) -> None:
    recording = run({**libvirt_site(), "delivery": "pulumi"}, preview=preview)
    machine = recording.one(DOMAIN).urn
    disk = recording.one(VOLUME, "management-host-disk").urn

    for release in recording.of_type(RELEASE):
        assert release.options["deletedWith"] == machine
        # The cluster lives on the disk: a machine that is replaced on its old one has its releases still.
        assert disk in release.options["replaceWith"]


def test_releases_on_a_machine_that_is_there_are_uninstalled() -> None:
    assert {release.options["deletedWith"] for release in run(pulumi_site()).of_type(RELEASE)} == {None}


@PREVIEW
def test_the_provider_is_replaced_by_no_new_kubeconfig(preview: bool) -> None:
    provider = run(pulumi_site(), stack="paris", preview=preview).one("pulumi:providers:kubernetes")

    assert provider.inputs == {
        "clusterIdentifier": "dualstack-paris",
        "kubeconfig": SECRET,
        "deleteUnreachable": "false",
        "skipUpdateUnreachable": "false",
        "enableServerSideApply": "true",
    }


@PREVIEW
def test_without_a_kubeconfig_every_value_still_shows(preview: bool) -> None:
    secrets = {key: value for key, value in SECRETS.items() if key != "kubeconfig"}
    with_one, without = (run(pulumi_site(), preview=preview, secrets=given) for given in (SECRETS, secrets))

    # Never an empty text: the provider would take that of whoever deploys, and with it another cluster.
    assert without.one("pulumi:providers:kubernetes").inputs["kubeconfig"] in (UNKNOWN_WORD, SECRET)
    assert without.of_type(RELEASE) == with_one.of_type(RELEASE)


def test_an_update_without_a_kubeconfig_stops_once_the_host_is_there() -> None:
    with pytest.raises(pulumi.RunError, match=r"dualstack secret set .* kubeconfig @rke2\.yaml"):
        _no_kubeconfig(Secrets({}, functools.partial(_give, "test")), {})


def test_a_digest_of_the_values_makes_every_change_of_them_seen() -> None:
    def described(site: dict[str, Any], **given: Any) -> str:
        return str(run(site, **given).one(RELEASE, "management-charts-rancher").inputs["description"])

    site = pulumi_site()
    assert described(site) == described(pulumi_site())
    assert described(put(pulumi_site(), 3, "charts", "rancher", "values", "replicas")) != described(site)
    # A short password could be guessed from it.
    assert described(site, secrets={**SECRETS, "rancherBootstrapPassword": "another"}) == described(site)
