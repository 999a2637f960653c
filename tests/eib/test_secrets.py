"""Secrets: nowhere without being given, and then exactly where EIB needs them."""

from __future__ import annotations

import pytest

from tests.eib.support import CANARY, SITES, VALUES, loaded, tree_of

WHERE = {
    "definition.yaml",
    "custom/scripts/70-dualstack-register.sh",
    "kubernetes/helm/values/longhorn.yaml",
    "kubernetes/helm/values/rancher.yaml",
}


@pytest.mark.parametrize("name", SITES)
def test_without_there_is_none(name: str) -> None:
    tree = tree_of(SITES[name])
    assert not [path for path, file in tree.files.items() if CANARY in file.text or "[secret]" in file.text]
    assert not [path for path, file in tree.files.items() if file.mode == 0o600]


def test_with_they_are_where_eib_needs_them() -> None:
    tree = tree_of(SITES["rich"], VALUES)
    assert {path for path, file in tree.files.items() if CANARY in file.text} == WHERE
    assert {path for path, file in tree.files.items() if file.mode == 0o600} == WHERE
    assert tree.left_out == ()
    assert (
        loaded(tree, "kubernetes/helm/values/rancher.yaml")["bootstrapPassword"] == VALUES["rancherBootstrapPassword"]
    )


def test_left_out_tells_what_follows() -> None:
    left = tree_of(SITES["rich"]).left_out
    assert {(item.key, item.file) for item in left} == {
        ("scc", "definition.yaml"),
        ("mirrorToken", "definition.yaml"),
        ("appsToken", "definition.yaml"),
        ("appsToken", "kubernetes/helm/values/longhorn.yaml"),
        ("rancherBootstrapPassword", "kubernetes/helm/values/rancher.yaml"),
    }
    told = next(item for item in left if item.key == "rancherBootstrapPassword")
    assert told.follows.startswith("Rancher makes a bootstrap password up")
    assert ("image", "registries", 0, "passwordKey") in {item.path for item in left}
    assert ("charts", "extra", 1, "login", "passwordKey") in {item.path for item in left}


def test_some_given_some_not() -> None:
    tree = tree_of(SITES["rich"], {"scc": VALUES["scc"]})
    assert {item.key for item in tree.left_out} == {"mirrorToken", "appsToken", "rancherBootstrapPassword"}
    definition = loaded(tree, "definition.yaml")
    assert "registries" not in definition["embeddedArtifactRegistry"]
    assert not [repo for repo in definition["kubernetes"]["helm"]["repositories"] if "authentication" in repo]


def test_no_secret_no_password_key() -> None:
    assert "bootstrapPassword" not in loaded(tree_of(SITES["address-3.5"]), "kubernetes/helm/values/rancher.yaml")


@pytest.mark.parametrize("value", ["no", "0644", "1e3", 'it\'s $(reboot) `x` "q" \\ é', "two\nlines", ": -", "{{ x }}"])
def test_odd_secrets_stay_what_they_are(value: str) -> None:
    tree = tree_of(SITES["rich"], dict.fromkeys(VALUES, value))
    assert loaded(tree, "kubernetes/helm/values/rancher.yaml")["bootstrapPassword"] == value
    assert loaded(tree, "definition.yaml")["operatingSystem"]["packages"]["sccRegistrationCode"] == value
