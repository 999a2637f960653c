"""What holds for the plan of every site: frozen, deterministic, total, both families everywhere."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dualstack.document.frozen import thaw
from dualstack.plan import Plan, make_plan
from dualstack.rules import Subject, run_checks
from dualstack.site import Site
from tests.plan.plans import AUTO, MODES, RELEASES, plan
from tests.sites import mapping


def as_json(made: Plan) -> str:
    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, Site):
            return None
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        if isinstance(value, frozenset):
            return sorted(value)
        thawed = thaw(value)
        return thawed if isinstance(thawed, dict | list | str | int | float | bool | None) else str(thawed)

    return json.dumps(plain(made))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("release", RELEASES)
def test_two_calls_are_equal(mode: str, release: str) -> None:
    one, two = plan(mode, release=release), plan(mode, release=release)
    assert one == two
    assert as_json(one) == as_json(two)


def test_the_order_of_keys_in_the_file_changes_nothing() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    for mode in MODES:
        data = mapping(mode, **AUTO)
        one, two = (make_plan("test", Site.model_validate(item)) for item in (data, turned(data)))
        assert as_json(one) == as_json(two)


def test_nothing_can_be_changed() -> None:
    made = plan()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.initializer.name = "other"  # type: ignore[misc]
    for tree in (made.server, made.initializer.nmstate, made.values("metal3"), made.values("metal3")["global"]):
        with pytest.raises(TypeError):
            tree["new"] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        made.server["tls-san"][0] = "other"
    with pytest.raises(ValidationError):
        made.site.mode = "hostname"  # type: ignore[misc]


def test_the_sites_own_values_are_copied() -> None:
    data = mapping(charts={"metal3": {"values": {"global": {"own": [1]}}}})
    site = Site.model_validate(data)
    made = make_plan("test", site)
    site.charts.metal3.values["global"]["own"].append(2)
    assert made.values("metal3")["global"]["own"] == (1,)


v4 = st.integers(0, 2**32 - 1).map(lambda number: str(ipaddress.IPv4Address(number)))
# not ::ffff:0:0/96, which the model refuses
v6 = st.integers(2**48, 2**128 - 1).map(lambda number: str(ipaddress.IPv6Address(number)))
any_address = v4 | v6
prefix4 = st.tuples(v4, st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}")
prefix6 = st.tuples(v6, st.integers(0, 128)).map(lambda pair: f"{pair[0]}/{pair[1]}")
name = st.sampled_from(
    ["eth0", "eth1", "bond0", "bond0.5", "x" * 20, "a/b", "mgmt-1", "ironic.example.com", "é", ".", "-"]
)
number = st.integers(-(2**63), 2**63) | st.integers(-2, 200)
free = st.dictionaries(
    st.sampled_from(["interfaces", "routes", "global", "ironicIP", "name", "cluster-cidr", "metal3-ironic", "x"]),
    st.recursive(
        st.none() | st.booleans() | number | any_address | name,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(name | st.just("name"), inner, max_size=2),
        max_leaves=6,
    ),
    max_size=3,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def family(prefix: st.SearchStrategy[str], address: st.SearchStrategy[str], **more: Any) -> st.SearchStrategy[Any]:
    flags = st.booleans()
    return some(enabled=flags, address=prefix, gateway=address, dhcp=flags, reservation=address, **more)


interface = st.fixed_dictionaries(
    {"name": name},
    optional={
        "mac": st.sampled_from(["34:8a:b1:4b:16:e7", "01:00:00:00:00:00"]),
        "mtu": number,
        "ipv4": family(prefix4, v4),
        "ipv6": family(prefix6, v6, autoconf=st.booleans()),
        "bond": st.fixed_dictionaries({"ports": st.lists(name, max_size=2)}),
        "vlan": st.fixed_dictionaries({"id": number, "base": name}),
    },
)
route = st.fixed_dictionaries({"destination": prefix4 | prefix6, "gateway": any_address}, optional={"interface": name})
node = st.fixed_dictionaries(
    {"interfaces": st.lists(interface, min_size=1, max_size=3)},
    optional={"routes": st.lists(route, max_size=2), "management": name, "nmstate": free, "name": name},
)
bmc = st.fixed_dictionaries({"name": name, "address": any_address | name | any_address.map("redfish://[{}]".format)})
sites = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(MODES),
        "release": st.sampled_from(RELEASES),
        "nodes": st.lists(node, min_size=1, max_size=2),
        "dns": st.fixed_dictionaries(
            {"resolvers": st.lists(any_address, max_size=4)},
            optional={"zones": st.lists(st.fixed_dictionaries({"name": name}), max_size=2), "pointers": st.booleans()},
        ),
    },
    optional={
        "cluster": some(
            pods=some(ipv4=prefix4, ipv6=prefix6),
            services=some(ipv4=prefix4, ipv6=prefix6),
            nodeMask=some(ipv4=number, ipv6=number),
            maxPods=number,
            server=free,
        ),
        "provisioning": some(
            hostname=name, interface=name, vmediaTls=st.booleans(), externalHttpHost=name | any_address,
            bmcs=st.lists(bmc, max_size=2),
        ),
        "rancher": some(hostname=st.sampled_from(["auto", "dual"]) | name),
        "charts": st.just({}) | st.fixed_dictionaries({"metal3": some(values=free, enabled=st.booleans())}),
        "host": st.fixed_dictionaries({"kind": st.sampled_from(["existing", "libvirt"])}),
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(sites)
def test_every_well_typed_site_has_a_plan_and_all_its_findings(data: dict[str, Any]) -> None:
    site = Site.model_validate(data)
    made = make_plan("test", site)
    assert as_json(made) == as_json(make_plan("test", site))
    assert made.server_computed["cluster-cidr"].count(",") == 1
    for finding in run_checks(Subject(site, made)):
        assert finding.message
        assert finding.fix
