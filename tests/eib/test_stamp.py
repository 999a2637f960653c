"""The stamp in the image: which site, and a digest for each part; nothing else changes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualstack.eib import build_tree
from dualstack.eib.join import joining
from tests.several import TOKEN, several
from tests.sites import SECRETS, checked, mapping

STAMP = "os-files/etc/dualstack/site.json"


def stamp(data: dict[str, Any], secrets: dict[str, str] | None = None, join: str | None = None) -> dict[str, Any]:
    plan = checked(data, (*SECRETS, *TOKEN)).plan
    assert plan is not None
    file = build_tree(plan if join is None else joining(plan, join), secrets).files[STAMP]
    assert file.mode == 0o644
    found: dict[str, Any] = json.loads(file.text)
    return found


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    parts = {key for key in {*one["parts"], *other["parts"]} if one["parts"].get(key) != other["parts"].get(key)}
    return parts | ({"nodes"} if one["nodes"] != other["nodes"] else set())


def test_it_names_site_release_and_nodes() -> None:
    found = stamp(several())
    assert (found["version"], found["site"], found["release"]) == (1, "test", "3.5")
    assert [(name, node["role"]) for name, node in found["nodes"].items()] == [
        *(("mgmt-1", "server"), ("mgmt-2", "server"), ("mgmt-3", "server"))
    ]
    assert len({node["network"] for node in found["nodes"].values()}) == 3


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"image": {"time": {"ntpServers": ["ntp.example.com"]}}}, {"time"}),
        ({"image": {"users": [{"username": "ops", "sshKeys": ["ssh-ed25519 AAAA"]}]}}, {"users"}),
        ({"image": {"kernelArgs": ["quiet"]}}, {"kernel"}),
        ({"image": {"packages": {"names": ["tcpdump"]}}}, {"packages"}),
        ({"cluster": {"tlsSan": ["api.example.com"]}}, {"kubernetes"}),
        ({"kubernetesVersion": "v1.34.5+rke2r1"}, {"kubernetes"}),
        ({"rancher": {"replicas": 2}}, {"charts"}),
        ({"dns": {"resolvers": ["192.168.100.54", "fd00:100::54"]}}, {"nodes"}),
        ({"dns": {"ttl": 60}}, set()),
        ({"host": {"readiness": "off"}}, set()),
    ],
)
def test_each_change_shows_in_its_part_alone(change: dict[str, Any], parts: set[str]) -> None:
    assert differing(stamp(mapping()), stamp(mapping(**change))) == parts


def test_secrets_are_in_no_digest() -> None:
    values = {
        "rancherBootstrapPassword": "one",
        "appsToken": "two",
        "sccRegistrationCode": "three",
        "rke2Token": "four",
    }
    assert stamp(several()) == stamp(several(), values) == stamp(several(), {**values, "rke2Token": "five"})


def test_a_joining_image_is_of_the_same_site() -> None:
    whole, joined = stamp(several()), stamp(several(), join="mgmt-2")
    assert joined["site"] == "test"
    assert joined["nodes"] == {"mgmt-2": whole["nodes"]["mgmt-2"]}
    assert joined["parts"] == whole["parts"]
