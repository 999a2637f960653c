"""A node that comes, goes, is replaced or takes another role; and one node that becomes several."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dualstack.day2 import Consequence, Edited, Setting, Word, consequence
from dualstack.day2.rendered import file_consequence
from dualstack.diff.compare import SiteDiff, compare_site
from dualstack.diff.facts import facts
from tests.several import node, several
from tests.sites import mapping

NODES = [node(1), node(2), node(3), node(4, role="agent")]


def diff(before: dict[str, Any], after: dict[str, Any]) -> SiteDiff:
    sides = [{"source": copy.deepcopy(source), "findings": [], "resources": []} for source in (before, after)]
    return compare_site("lyon", sides[0], sides[1], {}, ("stacks/Pulumi.lyon.yaml",))


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[Word, Consequence]:
    """Give what is told of a change, by its word."""
    return {fact.told.word: fact.told for fact in facts(diff(before, after))}


def of(*nodes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return several(**changes) | {"nodes": copy.deepcopy(list(nodes))}


@pytest.mark.parametrize("added", [node(4), node(4, role="agent")], ids=["server", "agent"])
def test_a_node_that_is_added_joins(added: dict[str, Any]) -> None:
    found = told(of(*NODES[:3]), of(*NODES[:3], added))
    assert set(found) == {Word.JOIN}
    assert "`dualstack render lyon --join mgmt-4`" in found[Word.JOIN].how
    assert "JOIN.md" in found[Word.JOIN].how
    assert not found[Word.JOIN].away


def test_where_up_installs_it_it_says_so() -> None:
    on_redfish = {"host": {"kind": "redfish"}}
    found = told(of(*NODES[:3], **on_redfish), of(*NODES, **on_redfish))
    assert set(found) == {Word.JOIN}
    assert found[Word.JOIN].how.startswith("`up` installs mgmt-4")
    assert found[Word.JOIN].up


def test_on_libvirt_its_vm_comes_and_goes() -> None:
    vms = {"host": {"kind": "libvirt", "libvirt": {"image": "x.raw"}}}
    comes, goes = told(of(*NODES[:3], **vms), of(*NODES, **vms)), told(of(*NODES, **vms), of(*NODES[:3], **vms))
    assert set(comes) == {Word.JOIN}
    assert comes[Word.JOIN].how.startswith("`up` makes its VM")
    assert set(goes) == {Word.REBUILD}
    assert "`kubectl delete node mgmt-4` first" in goes[Word.REBUILD].how
    assert goes[Word.REBUILD].away.startswith("mgmt-4's disk")


def test_a_node_that_is_removed_is_taken_out_by_hand() -> None:
    server, agent = told(of(*NODES), of(*NODES[:2], NODES[3])), told(of(*NODES), of(*NODES[:3]))
    assert set(server) == set(agent) == {Word.BY_HAND}
    assert "`kubectl delete node mgmt-3`" in server[Word.BY_HAND].how
    assert "member list" in server[Word.BY_HAND].how
    assert "`kubectl delete node mgmt-4`" in agent[Word.BY_HAND].how
    assert "etcd" not in agent[Word.BY_HAND].how


def test_a_node_with_another_role_joins_anew() -> None:
    found = told(of(*NODES), of(*NODES[:3], node(4)))
    assert set(found) == {Word.JOIN}
    assert "new role" in found[Word.JOIN].how
    assert "--join mgmt-4" in found[Word.JOIN].how


def test_another_machine_joins_under_the_nodes_name() -> None:
    other = copy.deepcopy(NODES[1])
    other["interfaces"][0]["mac"] = "34:8a:b1:4b:20:99"
    found = told(of(*NODES), of(NODES[0], other, *NODES[2:]))
    assert set(found) == {Word.JOIN}
    assert found[Word.JOIN].how.startswith("another machine joins as mgmt-2")


def test_a_renamed_node_goes_and_comes() -> None:
    found = told(of(*NODES), of(*NODES[:3], {**node(4, role="agent"), "name": "mgmt-5"}))
    assert set(found) == {Word.BY_HAND, Word.JOIN}
    assert "mgmt-4" in found[Word.BY_HAND].how
    assert "--join mgmt-5" in found[Word.JOIN].how


def test_another_address_of_the_node_is_another_member() -> None:
    other = copy.deepcopy(NODES[2])
    other["interfaces"][0]["ipv6"]["address"] = "fd00:100::77"
    assert set(told(of(*NODES), of(*NODES[:2], other, NODES[3]))) == {Word.JOIN}


@pytest.mark.parametrize("turned", [False, True])
def test_one_node_and_several_are_two_clusters(turned: bool) -> None:
    sides = mapping(nodes=several()["nodes"][:1], nodeDefaults=several()["nodeDefaults"]), several()
    found = told(*(reversed(sides) if turned else sides))
    assert set(found) == {Word.REBUILD}
    assert "the token of a cluster of one node is on that server's disk alone" in found[Word.REBUILD].how


def test_one_node_under_another_name_is_a_rebuild() -> None:
    one, other = mapping(), mapping()
    other["nodes"][0]["name"] = "other"
    assert set(told(one, other)) == {Word.REBUILD}


@pytest.mark.parametrize(
    ("path", "command"),
    [
        (("cluster", "api", "ipv4"), "ipaddresspool api-ip"),
        (("cluster", "ingress", "ipv6"), "ipaddresspool ingress-ippool"),
        (("provisioning", "vip", "ipv6"), "ipaddresspool ironic-ip-pool"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"delivery": "pulumi"}, {"day2": "helmchartconfig"}])
def test_a_virtual_address_is_changed_by_hand(path: tuple[str, ...], command: str, more: dict[str, Any]) -> None:
    setting = Setting("lyon", several(**more))
    one = consequence(setting, Edited(path, "192.168.100.20", "192.168.100.30"), setting)
    assert (one.word, command in one.how, one.up) == (Word.BY_HAND, True, False)
    assert one.away


@pytest.mark.parametrize(("index", "word"), [(0, Word.REBUILD), (1, Word.JOIN)])
def test_installing_again_is_no_rebuild_but_of_the_bootstrap_server(index: int, word: Word) -> None:
    setting = Setting("lyon", several(host={"kind": "redfish"}))
    for step in (index, f"mgmt-{index + 1}"):
        one = consequence(setting, Edited(("nodes", step, "generation"), 1, 2), setting)
        assert (one.word, one.up, "second cluster" in one.how) == (word, True, word is Word.REBUILD)


@pytest.mark.parametrize(("before", "after"), [(2, 1), (2, None)])
def test_a_generation_that_goes_back_installs_nothing(before: int, after: int | None) -> None:
    setting = Setting("lyon", several(host={"kind": "redfish"}))
    one = consequence(setting, Edited(("nodes", 1, "generation"), before, after), setting)
    assert (one.word, "refuse" in one.how) == (Word.NOTHING, True)


def test_a_file_of_a_node_speaks_for_the_node() -> None:
    was, now = Setting("lyon", of(*NODES[:3])), Setting("lyon", of(*NODES))
    assert file_consequence(now, "network/mgmt-4.yaml", (), was).word is Word.JOIN
    assert file_consequence(was, "network/mgmt-4.yaml", (), now).word is Word.BY_HAND
    one = file_consequence(now, "network/mgmt-3.yaml", (), was)
    assert (one.word, "on mgmt-3" in one.how) == (Word.OUTAGE, True)


MAC = "34:8a:b1:4b:20:"


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([f"-    mac-address: {MAC}99", f"+    mac-address: {MAC}02"], Word.JOIN),
        ([f"-  - mac-address: '{MAC}99'", f"+  - mac-address: '{MAC}02'", " - name: eth0"], Word.JOIN),
        ([f"-    mac-address: {MAC}99", f"+    mac-address: {MAC}02", "+    mtu: 1400"], Word.OUTAGE),
        ([f"-    mac-address: {MAC}02", f"+    mac-address: {MAC}99"], Word.JOIN),
        ([f"+    mac-address: {MAC}77"], Word.OUTAGE),
        ([], Word.OUTAGE),
    ],
)
def test_a_network_file_with_another_mac_has_the_word_of_the_mac(lines: list[str], word: Word) -> None:
    was, now = Setting("lyon", of(*NODES)), Setting("lyon", of(*NODES))
    told = file_consequence(now, "network/mgmt-2.yaml", lines, was)
    assert told.word is word
    if word is Word.JOIN:
        own = consequence(now, Edited(("nodes", "mgmt-2", "interfaces", "eth0", "mac"), "a", "b"), was)
        assert (told.how, told.away) == (own.how, own.away)


def other_bootstrap(**changes: Any) -> SiteDiff:
    return diff(several(), several(cluster={"bootstrap": "mgmt-2"}, **changes))


def test_the_bootstrap_server_of_a_living_site_stays() -> None:
    (finding,) = other_bootstrap().findings.new
    told_of = (finding["rule"], finding["severity"], finding["path"])
    assert told_of == ("DS286-bootstrap-kept", "error", "cluster.bootstrap")
    assert "write mgmt-1" in finding["fix"]
    assert "dualstack render lyon --join mgmt-1" in finding["fix"]


def test_a_site_may_say_that_it_is_gone_for_good() -> None:
    lowered = {"DS286-bootstrap-kept": {"severity": "warning", "because": "burnt"}}
    (finding,) = other_bootstrap(rules=lowered).findings.new
    assert (finding["severity"], finding["because"]) == ("warning", "burnt")


def test_a_bootstrap_server_that_is_named_for_the_first_time_is_fine() -> None:
    assert diff(mapping(), several(cluster={"bootstrap": "mgmt-2"})).findings.new == ()
    assert diff(several(), several(cluster={"maxPods": 200})).findings.new == ()


def test_values_beside_rancher_s_name_do_not_take_it_away() -> None:
    file = "kubernetes/helm/values/rancher.yaml"
    now = Setting("lyon", several())
    beside = file_consequence(now, file, [" hostname: rancher.example.com", "-replicas: 3", "+replicas: 2"])
    named = file_consequence(now, file, ["-hostname: rancher.example.com", "+hostname: other.example.com"])
    assert (beside.word, named.word) == (Word.BY_HAND, Word.OUTAGE)
