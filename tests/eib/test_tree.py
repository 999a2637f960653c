"""What is in the directory: golden trees, EIB's rules, modes."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import Tree
from dualstack.errors import InputError
from dualstack.releases import RELEASES
from tests.eib.schema import network_problems, problems
from tests.eib.support import SITES, VALUES, Given, loaded, site, tree_of

GOLDEN = Path(__file__).parent / "golden"
BASE = "address-3.5"


def listing(tree: Tree) -> str:
    parts = [f"==> {path} {file.mode:o}\n{file.text}" for path, file in tree.files.items()]
    assert all(part.endswith("\n") for part in parts)
    return "\n".join(parts)


@pytest.mark.parametrize("name", [name for name in SITES if name.partition("-")[2] in RELEASES])
def test_golden(name: str) -> None:
    """The tree of one site in full, those of the others as their difference from it; UPDATE_GOLDEN=1 writes them."""
    text, path = listing(tree_of(SITES[name])), GOLDEN / f"{name}.txt"
    if name != BASE:
        base = listing(tree_of(SITES[BASE]))
        difference = difflib.unified_diff(base.splitlines(), text.splitlines(), BASE, name, lineterm="", n=1)
        text, path = "\n".join(difference) + "\n", path.with_suffix(".diff")
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    golden = path.read_text() if path.exists() else "there is none"
    assert text == golden, "if it is meant, run the test once with UPDATE_GOLDEN=1"


@pytest.mark.parametrize("secrets", [None, VALUES], ids=["without", "with"])
@pytest.mark.parametrize("name", SITES)
def test_eib_takes_it(name: str, secrets: dict[str, str] | None) -> None:
    tree = tree_of(SITES[name], secrets)
    assert list(problems(tree)) == []
    nodes = [path for path in tree.files if path.startswith("network/")]
    assert nodes == ["network/mgmt-1.yaml"]
    assert list(network_problems(loaded(tree, nodes[0]))) == []


def test_the_validator_can_refuse() -> None:
    tree = tree_of(SITES["rich"])
    changes = {
        'apiVersion: "1.3"': ["apiVersion: 1.3", 'apiVersion: "1.2"'],
        "arch: ": ["arc: "],
        "priority": ["prio"],
        "plainHTTP: true\n": ["x: 1\n"],
        "createHomeDir: true": ["createHomeDir: yess"],
        "rke2": ["rke3"],
    }
    for old, new in ((old, new) for old, options in changes.items() for new in options):
        text = tree.files["definition.yaml"].text
        assert old in text
        files = {**tree.files, "definition.yaml": type(tree.files["definition.yaml"])(text.replace(old, new).encode())}
        assert list(problems(Tree("x", files))), (old, new)


def test_pure_and_deterministic() -> None:
    assert tree_of(SITES["rich"], VALUES) == tree_of(SITES["rich"], VALUES)


def test_nothing_unfilled() -> None:
    for name in SITES:
        for path, file in tree_of(SITES[name]).files.items():
            if not path.endswith(".sh"):
                assert "${" not in file.text, path
            assert "{{" not in file.text and "{%" not in file.text and "None" not in file.text, path


def definition(data: dict[str, Any], secrets: dict[str, str] | None = None) -> Any:
    return loaded(tree_of(data, secrets), "definition.yaml")


def test_operating_system() -> None:
    system = definition(SITES["rich"], VALUES)["operatingSystem"]
    assert system["rawConfiguration"] == {"diskSize": "60G"}
    assert system["users"] == [
        {"username": "root", "createHomeDir": True, "encryptedPassword": "$6$salt$hash"},
        {
            "username": "ops",
            "createHomeDir": True,
            "sshKeys": ["ssh-ed25519 AAAA ops@example.com"],
            "secondaryGroups": ["wheel"],
        },
    ]
    assert system["packages"] == {
        "noGPGCheck": True,
        "packageList": ["open-iscsi", "openssh-server-config-rootlogin", "tcpdump", "jq"],
        "additionalRepos": [{"url": "https://rpm.example.com/x", "unsigned": True, "priority": 10}],
        "sccRegistrationCode": VALUES["scc"],
    }
    assert system["proxy"]["httpsProxy"] == "http://[fd00:100::80]:3128"
    assert {"intra.example.com", "localhost", "::1", "10.42.0.0/16", "fd12:4567:789b::/48"} <= set(
        system["proxy"]["noProxy"]
    )


def test_packages_follow_the_site() -> None:
    data = site(charts={"storage": {"enabled": False}}, image={"users": [{"username": "root", "sshKeys": ["k"]}]})
    assert "packages" not in definition(data)["operatingSystem"]
    assert definition(site())["operatingSystem"]["packages"]["packageList"] == ["open-iscsi"]


def test_only_roots_own_password_wants_root_logins() -> None:
    users = [{"username": "ops", "encryptedPassword": "$6$salt$hash"}, {"username": "root", "sshKeys": ["k"]}]
    packages = definition(site(image={"users": users}))["operatingSystem"]["packages"]["packageList"]
    assert "openssh-server-config-rootlogin" not in packages


def test_image_names() -> None:
    assert definition(site())["image"] == {
        "imageType": "iso",
        "arch": "x86_64",
        "baseImage": "SL-Micro.x86_64-6.2-Base-SelfInstall-GM.install.iso",
        "outputImageName": "eib-test.iso",
    }
    image = {"type": "raw", "arch": "aarch64", "outputName": "x.raw", "installDevice": "/dev/sda"}
    written = definition(site(image=image))
    assert written["image"]["baseImage"] == "SL-Micro.aarch64-6.2-Base-GM.raw"
    assert "isoConfiguration" not in written["operatingSystem"]


def test_no_helm_section_without_charts() -> None:
    tree = tree_of(SITES["pulumi"])
    assert set(loaded(tree, "definition.yaml")["kubernetes"]) == {"version"}
    assert not [path for path in tree.files if "helm" in path or "manifests" in path or "first-boot" in path]


def test_mixed_delivery() -> None:
    tree = tree_of(SITES["mixed"])
    helm = loaded(tree, "definition.yaml")["kubernetes"]["helm"]
    assert [chart["name"] for chart in helm["charts"]] == [
        "cert-manager",
        "suse-storage",
        "metal3",
        "rancher-turtles-providers",
    ]
    assert "rancher-prime" not in {repo["name"] for repo in helm["repositories"]}
    assert "kubernetes/manifests/neuvector-namespace.yaml" not in tree.files
    assert "server-url" not in tree.files["custom/files/dualstack-first-boot.sh"].text.rpartition("}\n")[2]


def test_one_url_with_two_logins_is_two_repositories() -> None:
    helm = definition(SITES["rich"], VALUES)["kubernetes"]["helm"]
    mirror = [repo for repo in helm["repositories"] if "mirror" in repo["url"]]
    assert [repo["name"] for repo in mirror] == ["mirror-example-com-charts", "mirror-example-com-charts-2"]
    assert mirror[0]["authentication"] == {"username": "robot", "password": VALUES["mirrorToken"]}
    assert "authentication" not in mirror[1]
    used = {chart["name"]: chart["repositoryName"] for chart in helm["charts"]}
    assert used["closed"] == mirror[0]["name"] and used["open"] == mirror[1]["name"]


def test_values_files() -> None:
    helm = definition(SITES["address-3.5"])["kubernetes"]["helm"]
    files = {chart["name"]: chart.get("valuesFile") for chart in helm["charts"]}
    assert files["suse-storage"] == "longhorn.yaml" and files["neuvector-crd"] == files["neuvector"] == "neuvector.yaml"
    assert files["rancher-turtles-providers"] is None
    tree = tree_of(SITES["rich"])
    assert "kubernetes/helm/values/closed.yaml" not in tree.files
    assert loaded(tree, "kubernetes/helm/values/plain.yaml") == {"a": "no"}


def test_manifests() -> None:
    data = site(manifests=["https://example.com/a.yaml", "manifests/pool.yaml"])
    tree = tree_of(data, files=Given(**{"manifests/pool.yaml": b"kind: IPAddressPool\n"}))
    assert tree.files["kubernetes/manifests/pool.yaml"].content == b"kind: IPAddressPool\n"
    assert loaded(tree, "definition.yaml")["kubernetes"]["manifests"] == {"urls": ["https://example.com/a.yaml"]}


def test_users_folder_is_laid_over() -> None:
    files = {"certificates/ca.pem": b"x", "kubernetes/helm/certs/repo.pem": b"y", "os-files/etc/motd": b"z"}
    tree = tree_of(site(image={"files": "files"}), files=Given(**files))
    assert all(tree.files[path].content == content for path, content in files.items())
    assert list(tree.files) == sorted(tree.files)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("definition.yaml", "dualstack writes these files itself: `definition.yaml`"),
        (".dualstack.json", "dualstack writes these files itself: `.dualstack.json`"),
        ("kubernetes", "`kubernetes` is a file, and the folder of `kubernetes/config/server.yaml`"),
        ("../../etc/passwd", "is no path inside the EIB directory"),
        ("a//b", "is no path inside the EIB directory"),
        ("/etc/passwd", "is no path inside the EIB directory"),
    ],
)
def test_collisions_are_refused(path: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        tree_of(site(image={"files": "files"}), files=Given(**{path: b""}))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        site(nodes=[{"name": "../../x", "interfaces": [{"mac": "34:8a:b1:4b:16:e7"}]}]),
        site(nodes=[{"name": "a/b", "interfaces": [{"mac": "34:8a:b1:4b:16:e7"}]}]),
        site(nodes=[{"name": "x" * 300, "interfaces": [{"mac": "34:8a:b1:4b:16:e7"}]}]),
        site(
            charts={
                "extra": [
                    {"name": "../x", "version": "1", "repository": "oci://x/y", "namespace": "z", "values": {"a": 1}}
                ]
            }
        ),
        site(manifests=["a/x.yaml", "b/x.yaml"]),
    ],
)
def test_names_that_make_no_file(data: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        tree_of(data, files=Given(**{"a/x.yaml": b"", "b/x.yaml": b""}))


def test_a_reader_is_needed() -> None:
    with pytest.raises(ValueError, match="nothing reads them"):
        tree_of(site(manifests=["x.yaml"]))


def test_modes() -> None:
    modes = {path: file.mode for path, file in tree_of(SITES["rich"], VALUES).files.items()}
    assert {path for path, mode in modes.items() if mode == 0o755} == {
        "custom/files/dualstack-first-boot.sh",
        "custom/scripts/50-dualstack-tmpfs-cni.sh",
        "custom/scripts/60-dualstack-first-boot.sh",
    }
    assert {path for path, mode in modes.items() if mode == 0o600} == {
        "custom/scripts/70-dualstack-register.sh",
        "definition.yaml",
        "kubernetes/helm/values/longhorn.yaml",
        "kubernetes/helm/values/rancher.yaml",
    }
    assert set(modes.values()) == {0o600, 0o644, 0o755}
