"""The values of the metal3 chart, whole, and what the chart makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.plan import make_plan
from dualstack.plan.model import Ironic
from dualstack.releases import RELEASES as CATALOGUE
from dualstack.site import Site
from tests.plan.plans import FQDN, RELEASES, plan, values
from tests.sites import mapping, put

V4, V6 = "192.168.100.10", "fd00:100::10"


def _no_further_cas(release: str) -> dict[str, Any]:
    return {"additionalTrustedCAs": False} if CATALOGUE[release].trusted_cas_key == "additionalTrustedCAs" else {}


def guide_address(release: str) -> dict[str, Any]:
    """The guide's values for the first way, as printed (with trustedCAs left out, as it leaves it)."""
    return {
        "global": {
            "ironicIP": V4,
            "enable_vmedia_tls": False,
            **_no_further_cas(release),
        },
        "metal3-ironic": {
            "global": {"predictableNicNames": True},
            "listenOnAll": True,
            "persistence": {"ironic": {"size": "5Gi"}},
            "service": {"type": "NodePort"},
        },
        "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": V6}},
    }


def guide_hostname(release: str) -> dict[str, Any]:
    """The guide's values for the second way, with the host that its own leave out (D3)."""
    return {
        "global": {
            "provisioningHostname": FQDN,
            "externalHttpHost": FQDN,
            "enable_vmedia_tls": False,
            **_no_further_cas(release),
        },
        "metal3-ironic": {
            "global": {"predictableNicNames": True},
            "persistence": {"ironic": {"size": "5Gi"}},
            "service": {"type": "NodePort"},
        },
    }


@pytest.mark.parametrize("release", RELEASES)
def test_address_mode(release: str) -> None:
    assert values(plan(release=release), "metal3") == guide_address(release)


@pytest.mark.parametrize("release", RELEASES)
def test_hostname_mode(release: str) -> None:
    made = values(plan("hostname", release=release), "metal3")
    assert made == guide_hostname(release)
    assert "ironicIP" not in made["global"]


ADDRESS = Ironic(
    ironic_ip=V4,
    provisioning_ip="",
    hostname="",
    external_http_host=V4,
    external_url=f"http://{V4}:6180",
    rendered_url=f"http://{V4}:6180",
    external_url_v6=f"http://[{V6}]:6180",
    endpoint=f"https://{V4}:6385/v1/",
    api_url=f"https://{V4}:6385",
    inspection_url=f"https://{V4}:6385/v1/continue_inspection",
    vmedia_tls=False,
    listen_on_all=True,
)


def test_ironic_in_address_mode() -> None:
    assert plan().ironic == ADDRESS


def test_ironic_in_hostname_mode() -> None:
    assert plan("hostname").ironic == Ironic(
        ironic_ip="",
        provisioning_ip="",
        hostname=FQDN,
        external_http_host=FQDN,
        external_url=f"http://{FQDN}:6180",
        rendered_url=f"http://{FQDN}:6180",
        external_url_v6="",
        endpoint=f"https://{FQDN}:6385/v1/",
        api_url=f"https://{FQDN}:6385",
        inspection_url=f"https://{FQDN}:6385/v1/continue_inspection",
        vmedia_tls=False,
        listen_on_all=True,
    )


def test_vmedia_tls_moves_the_urls() -> None:
    ironic = plan(provisioning={"vmediaTls": True}).ironic
    assert ironic is not None
    assert (ironic.external_url, ironic.external_url_v6) == (f"https://{V4}:6185", f"https://[{V6}]:6185")
    assert ironic.vmedia_tls


def test_a_chart_that_leaves_the_host_empty_is_told_it() -> None:
    versions = {
        "302.0.0+up0.11.7": False,
        "304.0.16+up0.12.6": True,
        "0.12.7": True,
        "305.0.21+up0.13.0": True,
        "306.0.26+up0.15.0": True,
    }
    for version, wanted in versions.items():
        made = values(plan("hostname", charts={"metal3": {"version": version}}), "metal3")
        assert ("externalHttpHost" in made["global"]) is wanted, version


def test_settings_reach_the_values() -> None:
    settings = {
        "persistence": {"size": "20Gi", "storageClass": "longhorn"},
        "serviceType": "LoadBalancer",
        "predictableNicNames": False,
        "externalHttpHost": "images.example.com",
        "trustedCas": "tls-ca-bundle",
    }
    made = values(plan(release="3.6", provisioning=settings), "metal3")
    assert made == {
        "global": {
            "ironicIP": V4,
            "externalHttpHost": "images.example.com",
            "enable_vmedia_tls": False,
            "trustedCAs": "tls-ca-bundle",
        },
        "metal3-ironic": {
            "global": {"predictableNicNames": False},
            "listenOnAll": True,
            "persistence": {"ironic": {"size": "20Gi", "storageClass": "longhorn"}},
            "service": {"type": "LoadBalancer"},
        },
        "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": V6}},
    }


def test_trusted_cas_are_a_switch_before_3_6() -> None:
    made = values(plan(release="3.5", provisioning={"trustedCas": "anything"}), "metal3")
    assert made["global"]["additionalTrustedCAs"] is True
    assert "trustedCAs" not in made["global"]


def test_no_persistence_empties_the_size() -> None:
    made = values(plan(provisioning={"persistence": {"enabled": False}}), "metal3")
    assert made["metal3-ironic"]["persistence"] == {"ironic": {"size": ""}}


def test_overrides_are_merged_last_and_null_is_helms_own() -> None:
    over = {"metal3-ironic": {"listenOnAll": None, "replicaCount": 2}, "global": {"ironicIP": "192.168.100.11"}}
    # put() and not changes: those would take the null out before the site sees it
    made = make_plan("test", Site.model_validate(put(mapping(), over, "charts", "metal3", "values")))
    expected = guide_address("3.5")
    # Helm takes the chart's default away for it: left out here, that default would come back.
    expected["metal3-ironic"]["listenOnAll"] = None
    expected["metal3-ironic"]["replicaCount"] = 2
    expected["global"]["ironicIP"] = "192.168.100.11"
    assert values(made, "metal3") == expected
    assert made.ironic is not None
    assert made.ironic.endpoint == "https://192.168.100.11:6385/v1/"
    assert made.ironic.listen_on_all is True  # an empty variable is none to the image's scripts


def test_the_serving_interface_gives_the_addresses() -> None:
    eth1 = {
        "name": "eth1",
        "mac": "34:8a:b1:4b:16:e8",
        "ipv4": {"address": "10.9.0.2/24"},
        "ipv6": {"address": "fd09::2/64"},
    }
    from tests.sites import mapping

    nodes = mapping()["nodes"]
    nodes[0]["interfaces"].append(eth1)
    made = values(plan(nodes=nodes, provisioning={"interface": "eth1"}), "metal3")
    assert made["global"]["ironicIP"] == "10.9.0.2"
    assert made["metal3-baremetal-operator"]["baremetaloperator"]["externalHttpIPv6"] == "fd09::2"


@pytest.mark.parametrize(("port", "tls", "url"), [(8080, False, "http://[{}]:8080"), (8080, True, "https://[{}]:6185")])
def test_the_operators_own_port_is_for_the_ipv6_url_without_tls(port: int, tls: bool, url: str) -> None:
    over = {"metal3-baremetal-operator": {"baremetaloperator": {"httpPort": port}}}
    ironic = plan(charts={"metal3": {"values": over}}, provisioning={"vmediaTls": tls}).ironic
    assert ironic is not None
    assert ironic.external_url_v6 == url.format(V6)
    assert not ironic.external_url.endswith(str(port))
