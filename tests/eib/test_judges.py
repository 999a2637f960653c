"""Other people's tools over what is rendered: EIB's own validator, and nm-configurator."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dualstack.eib import Tree, build_tree, write_tree
from dualstack.eib.join import joining
from tests.eib.support import SITES, VALUES, Given, site, tree_of
from tests.several import TOKEN, node, several
from tests.sites import checked

pytestmark = pytest.mark.judges


def judge(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name} on PATH")
    return program


@pytest.mark.parametrize("secrets", [None, VALUES], ids=["without", "with"])
@pytest.mark.parametrize("name", SITES)
def test_eib(name: str, secrets: dict[str, str] | None, tmp_path: Path) -> None:
    validated(tree_of(SITES[name], secrets), tmp_path / "eib")


@pytest.mark.parametrize("mode", ["address", "hostname"])
@pytest.mark.parametrize("join", [None, "mgmt-1", "mgmt-4"])
def test_eib_on_several_nodes(mode: str, join: str | None, tmp_path: Path) -> None:
    nodes = [node(1), node(2), node(3), node(4, role="agent")]
    plan = checked(several(mode, nodes=nodes), TOKEN).plan
    assert plan is not None
    validated(build_tree(plan if join is None else joining(plan, join), {"rke2Token": "t"}), tmp_path / "eib")


def test_eib_on_proxy_profile_and_manifests(tmp_path: Path) -> None:
    proxy = {"https": "http://[fd00:100::80]:3128", "noProxy": ["intra.example.com"]}
    server = {"profile": "cis", "node-label+": ["rack=1"]}
    data = site(image={"proxy": proxy}, cluster={"server": server}, manifests=["a.yaml", "b.yaml"])
    config = (
        b"apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: rke2-cilium, namespace: kube-system}\n"
    )
    other = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    files = Given(**{"a.yaml": config, "b.yaml": other + b"---\n" + config.replace(b"cilium", b"coredns")})
    validated(tree_of(data, VALUES, files), tmp_path / "eib")


def validated(tree: Tree, out: Path) -> None:
    """Have EIB validate a tree; a base image of no content is laid beside it."""
    program = judge("eib")
    write_tree(tree, out)
    base = yaml.safe_load((out / "definition.yaml").read_text())["image"]["baseImage"]
    (out / "base-images").mkdir()
    (out / "base-images" / base).touch()
    command = [program, "validate", "--definition-file", "definition.yaml", "--config-dir", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    logs = "\n".join(path.read_text() for path in out.glob("_validation/*.log"))
    assert done.returncode == 0, done.stdout + done.stderr + logs


@pytest.mark.parametrize("name", SITES)
def test_nmc(name: str, tmp_path: Path) -> None:
    program, out = judge("nmc"), tmp_path / "eib"
    write_tree(tree_of(SITES[name]), out)
    command = [program, "generate", "--config-dir", str(out / "network"), "--output-dir", str(tmp_path / "made")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = yaml.safe_load((tmp_path / "made/host_config.yaml").read_text())
    assert [host["hostname"] for host in hosts] == ["mgmt-1"]
