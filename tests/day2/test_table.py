"""The table and the model: every field has an entry, every entry a field, and what it says of the image is true."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.check.checked import check_site
from dualstack.day2 import Edited, Setting, Word, consequence, entries, secret_consequence
from dualstack.day2.ask import same_entry
from dualstack.day2.model import ALWAYS
from dualstack.day2.paths import Node, model_fields
from dualstack.day2.rendered import file_consequence
from dualstack.eib import build_tree
from tests.day2.changes import CHANGES, SITE, NoFiles, before_of, changed, place_of
from tests.sites import SECRETS, mapping, resolved

LEAVES = [node for node in model_fields().values() if node.leaf]
HOW = (
    "add an entry for {path} to the module of dualstack/day2 that has its neighbours: "
    'entry("{path}", live("..."), ...) with the true word, how it is done by its real command or file, what is away or '
    "lost, and who must follow; then make docs"
)


def told(path: tuple[str | int, ...], before: Any = None, after: Any = None, **site: Any) -> Any:
    return consequence(Setting("paris", mapping(**site)), Edited(path, before, after))


@pytest.mark.parametrize("node", LEAVES, ids=lambda node: node.path)
def test_every_field_has_a_word(node: Node) -> None:
    assert any(path in entries() for path in same_entry(node.path)), HOW.format(path=node.path)


@pytest.mark.parametrize("path", list(entries()))
def test_no_entry_is_stale(path: str) -> None:
    known = {name for node in LEAVES for name in same_entry(node.path)}
    free = [f"{node.path}." for node in LEAVES if node.free]
    assert path in known or path.startswith(tuple(free)), f"the model has no field {path} any more: take its entry out"


@pytest.mark.parametrize("entry", list(entries().values()), ids=lambda entry: entry.path)
def test_an_entry_is_whole(entry: Any) -> None:
    assert [when is ALWAYS for when, _ in entry.cases] == [False] * (len(entry.cases) - 1) + [True]
    for _, one in entry.cases:
        assert one.how
        assert not one.how.endswith(".")
        assert one.away or not one.word.takes, "what is away, or lost?"
        assert one.up or one.word is not Word.LIVE
        for text in (one.how, one.away, one.downstream):
            assert text.count("`") % 2 == 0


def test_unlike_fields_never_read_alike() -> None:
    """Also where the deployment builds the image, and both take a new disk."""
    for more in ({}, {"host": {"kind": "libvirt"}, "image": {"build": "local"}}):
        ntp = told(("image", "time", "ntpServers", 0), None, "ntp.example.com", **more)
        pods = told(("cluster", "pods", "ipv4"), "10.42.0.0/16", "10.52.0.0/16", **more)
        assert ntp.how != pods.how
        assert "chrony" in ntp.how
        assert "chrony" not in pods.how
        assert (ntp.word, pods.word) == ((Word.REBUILD if more else Word.BY_HAND), Word.REBUILD)


WORDS: dict[str, tuple[Word, str]] = {
    "dns.resolvers": (Word.BY_HAND, "nmcli connection modify eth0 ipv4.dns"),
    "image.time.ntpServers": (Word.BY_HAND, "/etc/chrony.d/eib-sources.conf"),
    "image.users[].sshKeys": (Word.BY_HAND, "authorized_keys"),
    "cluster.tlsSan": (Word.BY_HAND, "/etc/rancher/rke2/config.yaml"),
    "cluster.pods.ipv6": (Word.REBUILD, "fixed"),
    "cluster.services.ipv4": (Word.REBUILD, "fixed"),
    "cluster.cni": (Word.REBUILD, "CNI"),
    "kubernetesVersion": (Word.ROLLING, "system-upgrade-controller"),
    "release": (Word.ROLLING, "UpgradePlan"),
    "nodes[].interfaces[].ipv4.address": (Word.REBUILD, "etcd"),
    "rancher.replicas": (Word.BY_HAND, "kubectl -n kube-system edit helmchart rancher"),
    "rancher.hostname": (Word.OUTAGE, "helmchart rancher"),
    "rules.*.because": (Word.NOTHING, "check"),
    "provisioning.bmcs[].address": (Word.NOTHING, "nothing on the cluster"),
    "image.kernelArgs": (Word.ROLLING, "transactional-update grub.cfg"),
}


@pytest.mark.parametrize("path", list(WORDS))
def test_words(path: str) -> None:
    one = told(place_of(path), *before_of(path))
    assert (one.word, WORDS[path][1] in one.how) == (WORDS[path][0], True), one


def test_downstream() -> None:
    """Who must follow is named, whatever the word is."""
    assert "registered clusters" in told(("rancher", "hostname")).downstream
    assert "BareMetalHosts" in told(("provisioning", "interface")).downstream
    assert "TTL" in told(("dns", "ttl"), dns={"backend": "rfc2136"}).downstream
    assert "baremetalhost" in told(("provisioning", "bmcs", 0, "address")).downstream


@pytest.mark.parametrize(
    ("more", "word", "how"),
    [
        ({}, Word.BY_HAND, "edit helmchart rancher"),
        ({"day2": "helmchartconfig"}, Word.LIVE, "HelmChartConfig"),
        ({"delivery": "pulumi"}, Word.LIVE, "upgrades the Helm release"),
        ({"charts": {"rancher": {"delivery": "pulumi"}}}, Word.LIVE, "upgrades the Helm release"),
        ({"charts": {"rancher": {"delivery": "pulumi", "handover": True}}}, Word.BY_HAND, "handover"),
        ({"charts": {"rancher": {"enabled": False}}}, Word.NOTHING, "not enabled"),
        ({"host": {"kind": "libvirt"}, "image": {"build": "local"}}, Word.REBUILD, "new, empty disk"),
        ({"host": {"kind": "libvirt", "libvirt": {"image": "x"}}, "image": {"build": "local"}}, Word.BY_HAND, "edit"),
        ({"delivery": "pulumi", "host": {"kind": "libvirt"}, "image": {"build": "local"}}, Word.LIVE, "upgrades"),
    ],
)
def test_a_chart_value_by_delivery(more: dict[str, Any], word: Word, how: str) -> None:
    one = told(("rancher", "replicas"), 1, 3, **more)
    assert (one.word, how in one.how, one.up) == (word, True, word in (Word.LIVE, Word.REBUILD))


def test_values_decide_where_they_must() -> None:
    address = ("nodes", 0, "interfaces", 0, "ipv4", "address")
    assert told(address, "10.20.0.10/24", "10.20.0.10/25").word is Word.BY_HAND
    assert told(address, "10.20.0.10/24", "10.20.0.11/24").word is Word.REBUILD
    assert told(("charts", "rancher", "enabled"), True, False).word is Word.OUTAGE
    assert told(("charts", "storage", "enabled"), True, False).word is Word.REBUILD
    assert told(("delivery",), "pulumi", "image").word is Word.REBUILD
    assert told(("delivery",), "image", "pulumi").word is Word.BY_HAND
    assert told(("cluster", "server", "cluster-cidr+")).word is Word.REBUILD
    assert told(("cluster", "server", "debug")).word is Word.BY_HAND


def test_another_interface_is_not_the_node() -> None:
    second = {"name": "bmc", "mac": "34:8a:b1:4b:16:e8", "ipv4": {"address": "10.9.0.1/24"}}
    data = mapping()
    data["nodes"][0]["interfaces"].append(second)
    path = ("nodes", 0, "interfaces", "bmc", "ipv4", "address")
    edited = Edited(path, "10.9.0.1/24", "10.9.0.2/24")
    assert consequence(Setting("paris", data), edited).word is Word.OUTAGE
    data["provisioning"] = {"interface": "bmc"}
    assert "BareMetalHosts" in consequence(Setting("paris", data), edited).downstream


def test_secrets_go_by_the_field_that_names_them() -> None:
    setting = Setting("paris", mapping())
    assert secret_consequence(setting, "sccRegistrationCode").word is Word.BY_HAND
    assert secret_consequence(setting, "rancherBootstrapPassword").word is Word.NOTHING
    assert secret_consequence(setting, "kubeconfig").word is Word.LIVE
    assert "no field" in secret_consequence(setting, "other").how


def test_a_name_cannot_end_its_code() -> None:
    data = mapping()
    data["nodes"][0]["interfaces"][0]["name"] = "a`b"
    assert consequence(Setting("paris", data), Edited(("dns", "resolvers"))).how.count("`") % 2 == 0


def test_files_without_a_field() -> None:
    setting = Setting("paris", mapping())
    assert file_consequence(
        setting, "kubernetes/config/server.yaml", ["-cluster-cidr: a", "+cluster-cidr: b"]
    ).word is (Word.REBUILD)
    assert file_consequence(setting, "kubernetes/config/server.yaml", ["+debug: true"]).word is Word.BY_HAND
    assert file_consequence(setting, "custom/scripts/50-x.sh").word is Word.NOTHING
    assert file_consequence(setting, "kubernetes/helm/values/metal3.yaml").how.count("helmchart metal3") == 1


def _rendered(data: dict[str, Any]) -> dict[str, Any]:
    """Give the image directory of a mapping, rules or not."""
    checked = check_site("paris", resolved(data))
    assert checked.plan is not None, [str(finding) for finding in checked.findings]
    tree = build_tree(checked.plan, dict.fromkeys(SECRETS, "x"), NoFiles())
    return {path: file.text for path, file in tree.files.items()}


def test_what_changes_the_image_says_so() -> None:
    """Where the deployment builds the image, a field that changes it can only be a rebuild."""
    rendered, wrong = _rendered(SITE), []
    for path in CHANGES:
        after = changed(path)
        one = consequence(Setting("paris", after), Edited(place_of(path), *before_of(path)))
        if _rendered(after) != rendered and not one.imaged:
            wrong.append(path)
    assert not wrong, "they change the image: imaged=True"


def test_all_words_are_used() -> None:
    assert {one.word for entry in entries().values() for _, one in entry.cases} == set(Word)


def test_beside_the_site() -> None:
    assert told(("stackFile", "secretsprovider")).word is Word.LIVE
    assert told(("stackFile", "config", "libvirt:uri"), host={"kind": "libvirt"}).word is Word.REBUILD
    assert told(("stackFile", "config", "libvirt:uri")).word is Word.NOTHING
