"""The metal3 chart judges the values: no empty host anywhere, and the URLs are the plan's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.plan import Plan
from tests.judges.tools import METAL3, chart, run, tool
from tests.plan.plans import FQDN, MODES, plan

pytestmark = pytest.mark.judges

BMO = "metal3-baremetal-operator"
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "address": ("address", {}),
    "hostname": ("hostname", {}),
    "address, virtual media over TLS": ("address", {"provisioning": {"vmediaTls": True}}),
    "hostname, virtual media over TLS": ("hostname", {"provisioning": {"hostname": FQDN, "vmediaTls": True}}),
    "another host for images": ("address", {"provisioning": {"externalHttpHost": "images.example.com"}}),
    "an IPv6 host for images": ("hostname", {"provisioning": {"hostname": FQDN, "externalHttpHost": "fd00:100::10"}}),
    "a host with a port": ("address", {"provisioning": {"externalHttpHost": "images.example.com:8080"}}),
    "another address": ("address", {"charts": {"metal3": {"values": {"global": {"ironicIP": "192.168.100.99"}}}}}),
    "an IPv6 ironicIP": ("address", {"charts": {"metal3": {"values": {"global": {"ironicIP": "fd00:100::10"}}}}}),
    "another TLS port": (
        "address",
        {"provisioning": {"vmediaTls": True}, "charts": {"metal3": {"values": {"global": {"vmediaTLSPort": 7443}}}}},
    ),
    "TLS off": ("address", {"charts": {"metal3": {"values": {"global": {"enable_tls": False}}}}}),
    "TLS off, virtual media on": (
        "address",
        {"provisioning": {"vmediaTls": True}, "charts": {"metal3": {"values": {"global": {"enable_tls": False}}}}},
    ),
    "no IPv6 URL": (
        "address",
        {"charts": {"metal3": {"values": {BMO: {"baremetaloperator": {"externalHttpIPv6": ""}}}}}},
    ),
    "both a name and the IPv6 URL": (
        "hostname",
        {"charts": {"metal3": {"values": {BMO: {"baremetaloperator": {"externalHttpIPv6": "fd00:100::10"}}}}}},
    ),
    "nulls": (
        "address",
        {
            "charts": {
                "metal3": {"values": {"global": {"enable_vmedia_tls": None}, "metal3-ironic": {"listenOnAll": None}}}
            }
        },
    ),
    "provisioningIP": (
        "address",
        {"charts": {"metal3": {"values": {"global": {"ironicIP": "", "provisioningIP": "192.168.100.98"}}}}},
    ),
    "another HTTP port": (
        "address",
        {"charts": {"metal3": {"values": {BMO: {"baremetaloperator": {"httpPort": "8080"}}}}}},
    ),
    "listening on one address": (
        "address",
        {"charts": {"metal3": {"values": {"metal3-ironic": {"listenOnAll": False}}}}},
    ),
}


def rendered(version: str, values: str, folder: Path) -> tuple[dict[str, Any], ...]:
    """Render a version of the chart and return its objects."""
    helm, package = tool("helm"), str(chart(f"metal3-{version}"))
    file = folder / "values.yaml"
    file.write_text(values, encoding="utf-8")
    done = run(
        [helm, "template", "metal3", package, "-n", "metal3-system", "--kube-version", "1.34.2", "-f", str(file)]
    )
    assert done.returncode == 0, done.stderr
    return tuple(item for item in yaml.safe_load_all(done.stdout) if item)


def config(made: Plan, version: str, folder: Path) -> dict[str, str]:
    """Return the data of both ConfigMaps."""
    objects = rendered(version, dump(thaw(made.values("metal3"))), folder)
    wanted = ("ironic", "baremetal-operator-ironic")
    maps = {
        item["metadata"]["name"]: item["data"]
        for item in objects
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] in wanted
    }
    assert set(maps) == set(wanted)
    return {key: str(value) for name in wanted for key, value in maps[name].items()}


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("case", CASES)
def test_the_plans_urls_are_the_charts(case: str, version: str, tmp_path: Path) -> None:
    mode, changes = CASES[case]
    made = plan(mode, **changes)
    data = config(made, version, tmp_path)
    assert made.ironic is not None
    assert {
        "external_url": data["IRONIC_EXTERNAL_HTTP_URL"],
        "external_url_v6": data.get("IRONIC_EXTERNAL_URL_V6", ""),
        "endpoint": data["IRONIC_ENDPOINT"],
        "hostname": data.get("IRONIC_URL_HOSTNAME", ""),
        "listen_on_all": (data.get("LISTEN_ALL_INTERFACES") or "true") == "true",
    } == {
        "external_url": made.ironic.external_url,
        "external_url_v6": made.ironic.external_url_v6,
        "endpoint": made.ironic.endpoint,
        "hostname": made.ironic.hostname,
        "listen_on_all": made.ironic.listen_on_all,
    }


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tls", [False, True])
def test_no_host_is_empty(mode: str, version: str, tls: bool, tmp_path: Path) -> None:
    own = {"hostname": FQDN} if mode == "hostname" else {}
    made = plan(mode, provisioning={"vmediaTls": tls, **own})
    objects = rendered(version, dump(thaw(made.values("metal3"))), tmp_path)
    text = dump(list(objects))
    assert "://:" not in text
    assert "http:///" not in text
    assert "<no value>" not in text
    certificates = [item for item in objects if item["kind"] == "Certificate"]
    for item in certificates:
        names = [*item["spec"].get("dnsNames", ()), *item["spec"].get("ipAddresses", ())]
        assert all(names), item["metadata"]["name"]
    assert len([item for item in certificates if "vmedia" in item["metadata"]["name"]]) == int(tls)


@pytest.mark.parametrize("version", METAL3)
def test_the_guides_own_hostname_values_leave_the_host_empty(version: str, tmp_path: Path) -> None:
    """D3: the defect that externalHttpHost mends; where a version has it no more, the catalogue must learn that."""
    guide = {"global": {"provisioningHostname": FQDN, "enable_vmedia_tls": False}}
    objects = rendered(version, dump(guide), tmp_path)
    ironic = next(item for item in objects if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "ironic")
    assert ironic["data"]["IRONIC_EXTERNAL_HTTP_URL"] == "http://:6180"
