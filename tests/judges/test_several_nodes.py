"""The vendors' charts, given a cluster of several nodes: virtual addresses of both families, and no node's own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.eib.balancer import pools
from dualstack.plan import Plan
from tests.judges.test_metal3_chart import config, rendered
from tests.judges.test_services import RANCHER, objects
from tests.judges.tools import METAL3
from tests.plan.plans import MODES
from tests.several import TOKEN, several
from tests.sites import checked

pytestmark = pytest.mark.judges

TEXT = re.compile(r"[0-9a-fA-F:.]{4,}")
NAMES = {"address": "192.168.100.22", "hostname": "ironic.paris.example.com"}
"""Where Ironic's API is asked for."""


def plan(mode: str, **changes: Any) -> Plan:
    made = checked(several(mode, **changes), TOKEN).plan
    assert made is not None
    return made


def addresses(made: list[dict[str, Any]]) -> Iterator[str]:
    """Give each address in what was rendered."""
    for text in TEXT.findall(dump(made)):
        try:
            yield str(ipaddress.ip_address(text))
        except ValueError:
            continue


def own(made: Plan) -> set[str]:
    """Addresses of single nodes, which no chart may be given."""
    return {str(address) for node in made.nodes for address in node.addresses.values()}


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("mode", MODES)
def test_metal3_is_reached_by_virtual_addresses_alone(mode: str, version: str, tmp_path: Path) -> None:
    made = plan(mode)
    ironic = made.ironic
    assert ironic is not None
    values = thaw(made.values("metal3"))
    text = list(rendered(version, dump(values), tmp_path))
    data = config(made, version, tmp_path)

    assert data["IRONIC_ENDPOINT"] == ironic.endpoint == f"https://{NAMES[mode]}:6385/v1/"
    assert data["IRONIC_EXTERNAL_HTTP_URL"] == ironic.external_url
    assert data.get("IRONIC_EXTERNAL_URL_V6", "") == ironic.external_url_v6
    assert set(addresses(text)).isdisjoint(own(made))


@pytest.mark.parametrize("version", METAL3)
@pytest.mark.parametrize("mode", MODES)
def test_ironics_service_is_the_one_that_its_pool_is_for(mode: str, version: str, tmp_path: Path) -> None:
    """A pool's first taker keeps its addresses: no other Service of the chart may be taken for it."""
    made = plan(mode)
    found = rendered(version, dump(thaw(made.values("metal3"))), tmp_path)
    services = [item for item in found if item["kind"] == "Service"]
    (pool,) = [item for item in pools(made) if item["metadata"]["name"] == "ironic-ip-pool"]
    (selector,) = pool["spec"]["serviceAllocation"]["serviceSelectors"]
    (wanted,) = selector["matchExpressions"]

    taken = [item for item in services if item["metadata"]["labels"].get(wanted["key"]) in wanted["values"]]
    balanced = [item for item in services if item["spec"].get("type") == "LoadBalancer"]
    assert taken == balanced
    (service,) = balanced
    assert service["metadata"]["name"] == "metal3-metal3-ironic"
    assert service["spec"]["ipFamilyPolicy"] == "PreferDualStack"


@pytest.mark.parametrize("mode", MODES)
def test_rancher_runs_on_each_server_under_the_plans_name(mode: str, tmp_path: Path) -> None:
    made = plan(mode)
    chart = made.chart("rancher")
    assert chart is not None
    found = objects(RANCHER, "rancher", "cattle-system", thaw(chart.values), tmp_path)
    by_kind = {item["kind"]: item for item in found if item["metadata"]["name"] == "rancher"}

    assert by_kind["Deployment"]["spec"]["replicas"] == 3
    assert [rule["host"] for rule in by_kind["Ingress"]["spec"]["rules"]] == [made.rancher_hostname]
    assert set(addresses(found)).isdisjoint(own(made))
