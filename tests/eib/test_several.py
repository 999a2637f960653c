"""The EIB directory of several nodes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.eib import Tree, build_tree
from tests.several import TOKEN, node, several
from tests.sites import checked

SECRET = "a-token-of-the-site"
NODE_SCRIPT = "custom/scripts/52-dualstack-node.sh"
POOLS = "kubernetes/manifests/dualstack-pools.yaml"
INGRESS = "os-files/var/lib/rancher/rke2/server/manifests/rke2-ingress-config.yaml"


def tree(mode: str = "address", secrets: dict[str, str] | None = None, /, **changes: Any) -> Tree:
    made = checked(several(mode, **changes), TOKEN)
    assert made.plan is not None
    return build_tree(made.plan, {"rke2Token": SECRET} if secrets is None else secrets)


def read(made: Tree, path: str) -> Any:
    return yaml.safe_load(made.files[path].text)


@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_the_definition_names_the_nodes_and_the_ipv4_address_alone(mode: str) -> None:
    kubernetes = read(tree(mode), "definition.yaml")["kubernetes"]
    assert kubernetes["network"] == {"apiHost": "api.lyon.example.com", "apiVIP": "192.168.100.20"}
    assert kubernetes["nodes"] == [
        {"hostname": "mgmt-1", "type": "server", "initializer": True},
        {"hostname": "mgmt-2", "type": "server"},
        {"hostname": "mgmt-3", "type": "server"},
    ]


def test_each_node_has_its_network_file() -> None:
    made = tree()
    assert [path for path in made.files if path.startswith("network/")] == [
        *("network/mgmt-1.yaml", "network/mgmt-2.yaml", "network/mgmt-3.yaml")
    ]


def test_the_token_is_text_in_a_private_file_or_noted_as_missing() -> None:
    made = tree("address", {"rke2Token": "00123"})
    file = made.files["kubernetes/config/server.yaml"]
    assert (yaml.safe_load(file.text)["token"], file.mode) == ("00123", 0o600)
    without = tree("address", {})
    assert "token" not in read(without, "kubernetes/config/server.yaml")
    assert [(left.where, left.stops) for left in without.left_out if left.key == "rke2Token"] == [("token", True)]


def test_one_pool_with_both_families_for_each_service() -> None:
    items = list(yaml.safe_load_all(tree().files[POOLS].text))
    assert [(item["kind"], item["metadata"]["name"]) for item in items] == [
        ("IPAddressPool", "ingress-ippool"),
        ("L2Advertisement", "ingress-l2-adv"),
        ("IPAddressPool", "ironic-ip-pool"),
        ("L2Advertisement", "ironic-ip-pool-l2-adv"),
    ]
    assert items[0]["spec"]["addresses"] == ["192.168.100.21/32", "fd00:100::21/128"]
    assert items[2]["spec"]["addresses"] == ["192.168.100.22/32", "fd00:100::22/128"]
    assert "nodeSelectors" not in items[1]["spec"]


def test_who_is_off_the_link_does_not_announce() -> None:
    far = node(4, role="agent")
    far["interfaces"][0]["ipv4"] = {"address": "192.168.104.14/24", "gateway": "192.168.104.1"}
    items = list(yaml.safe_load_all(tree(nodes=[node(1), node(2), node(3), far]).files[POOLS].text))
    hosts = [one["matchLabels"]["kubernetes.io/hostname"] for one in items[1]["spec"]["nodeSelectors"]]
    assert hosts == ["mgmt-1", "mgmt-2", "mgmt-3"]


@pytest.mark.parametrize(("release", "chart"), [("3.4", "rke2-ingress-nginx"), ("3.6", "rke2-traefik")])
def test_the_ingress_service_takes_both_families(release: str, chart: str) -> None:
    config = read(tree(release=release), INGRESS)
    assert (config["kind"], config["metadata"]) == ("HelmChartConfig", {"name": chart, "namespace": "kube-system"})
    values = yaml.safe_load(config["spec"]["valuesContent"])
    service = values["service"] if release == "3.6" else values["controller"]["service"]
    assert (service["type"], service["ipFamilyPolicy"], service["ipFamilies"]) == (
        *("LoadBalancer", "RequireDualStack"),
        ["IPv4", "IPv6"],
    )
    labels = [item["spec"] for item in yaml.safe_load_all(tree(release=release).files[POOLS].text)]
    selector = labels[0]["serviceAllocation"]["serviceSelectors"][0]["matchExpressions"][0]
    assert selector == {"key": "app.kubernetes.io/name", "operator": "In", "values": [chart]}


def run(made: Tree, root: Path, name: str) -> subprocess.CompletedProcess[str]:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/hostname").write_text(f"{name}\n")
    script = root / "script.sh"
    script.write_text(made.files[NODE_SCRIPT].text)
    environment = {"PATH": os.environ["PATH"], "DUALSTACK_ROOT": str(root)}
    return subprocess.run(["bash", script], env=environment, capture_output=True, text=True, check=False)


def test_each_node_gets_what_is_its_own(tmp_path: Path) -> None:
    nodes = [node(1), node(2), node(3), node(4, role="agent", labels={"a.b/zone": "x y"}, taints=["k=v:NoExecute"])]
    made = tree(nodes=nodes)
    assert run(made, tmp_path, "mgmt-4").returncode == 0
    config = tmp_path / "etc/rancher/rke2/config.yaml.d/50-dualstack-node.yaml"
    assert yaml.safe_load(config.read_text()) == {
        "node-ip": "192.168.100.14,fd00:100::14",
        "node-label": ["a.b/zone=x y"],
        "node-taint": ["k=v:NoExecute"],
    }
    assert run(made, tmp_path, "mgmt-1").returncode == 0
    assert yaml.safe_load(config.read_text()) == {"node-ip": "192.168.100.11,fd00:100::11"}


def test_a_stranger_stops(tmp_path: Path) -> None:
    done = run(tree(), tmp_path, "mgmt-9")
    assert (done.returncode, done.stderr) == (1, "ERROR: mgmt-9 is no node of this site\n")


def test_an_agent_waits_for_nothing_and_one_server_speaks(tmp_path: Path) -> None:
    made = tree(nodes=[node(1), node(2), node(3), node(4, role="agent")])
    install = made.files["custom/scripts/60-dualstack-first-boot.sh"].text
    assert "mgmt-4) exit 0 ;;" in install
    boot = made.files["custom/files/dualstack-first-boot.sh"].text
    assert '/etc/hostname")" != mgmt-1 ]]' in boot
    assert "192.168.100.22" in boot and "fd00:100::22" in boot
