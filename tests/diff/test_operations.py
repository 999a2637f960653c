"""The engine's choice from options and inputs alone; test_engine compares it with the engine's own."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.diff.kinds import kind_of
from dualstack.diff.operations import Step, plan_steps
from dualstack.document.differ import Comparison, Name, contains, parse_path, show_path
from provider.frame.handlers import HANDLERS
from tests.lab.standins.kinds import ALL, KINDS

NETWORK, DOMAIN, VOLUME = "libvirt:index/network:Network", "libvirt:index/domain:Domain", "libvirt:index/volume:Volume"
RELEASE, PROVIDER = "kubernetes:helm.sh/v3:Release", "pulumi:providers:kubernetes"
OURS = {"dualstack:dns:RecordSet": {"record": "replace", "ttl": "update", "note": "none"}}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:s::p::{type_}::{name}"


def resource(type_: str, name: str, /, uses: dict[str, str] | None = None, **inputs: Any) -> dict[str, Any]:
    """Give a resource; ``uses`` are inputs that come from another one's outputs, by its URN."""
    options: dict[str, Any] = {
        "protect": False,
        "retainOnDelete": False,
        "deleteBeforeReplace": False,
        "replaceOnChanges": [],
        "ignoreChanges": [],
        "aliases": [],
        "deletedWith": None,
        "provider": None,
    }
    given = uses or {}
    return {
        "urn": urn(type_, name),
        "type": type_,
        "name": name,
        "custom": True,
        "inputs": inputs | dict.fromkeys(given, "[unknown]"),
        "propertyDependencies": {key: [source] for key, source in given.items()},
        "options": options,
    }


def option(one: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**one, "options": {**one["options"], **options}}


def steps(base: list[dict[str, Any]], head: list[dict[str, Any]]) -> dict[str, Step]:
    return {step.name: step for step in plan_steps(base, head, OURS)}


def ops(base: list[dict[str, Any]], head: list[dict[str, Any]]) -> dict[str, str]:
    return {name: step.op for name, step in steps(base, head).items()}


def test_inputs_of_our_own_types() -> None:
    record = "dualstack:dns:RecordSet"
    base = [resource(record, "a", record="x", ttl=1, note="y")]
    assert ops(base, [resource(record, "a", record="x", ttl=2, note="y")]) == {"a": "update"}
    assert ops(base, [resource(record, "a", record="z", ttl=1, note="y")]) == {"a": "replace"}
    assert ops(base, [resource(record, "a", record="x", ttl=1, note="z")]) == {"a": "same"}


def test_what_comes_from_a_replaced_one() -> None:
    """A network that is replaced has another id; the VM's own inputs say nothing of it."""

    def both(mtu: int, *replace_on: str) -> list[dict[str, Any]]:
        network = resource(NETWORK, "net", mtu=mtu, mode="nat")
        machine = resource(DOMAIN, "vm", {"networkInterfaces": network["urn"]}, memory=1)
        return [option(network, replaceOnChanges=["mtu"]), option(machine, replaceOnChanges=list(replace_on))]

    assert ops(both(1), both(1)) == {"net": "same", "vm": "same"}
    assert ops(both(1), both(2)) == {"net": "replace", "vm": "update"}
    found = steps(both(1, "networkInterfaces"), both(2, "networkInterfaces"))
    assert [step.op for step in found.values()] == ["replace", "replace"]
    assert found["vm"].cause == found["net"].urn


def test_options() -> None:
    one = resource(VOLUME, "disk", size=1)
    other = resource(VOLUME, "disk", size=2)
    assert ops([one], [option(other, ignoreChanges=["size"])]) == {"disk": "same"}
    assert steps([option(one, protect=True)], [option(other, protect=True)])["disk"].blocked
    # Protection that goes in the same change stops nothing.
    assert not steps([option(one, protect=True)], [other])["disk"].blocked
    assert steps([option(one, protect=True)], [])["disk"].blocked
    assert steps([option(one, retainOnDelete=True)], [])["disk"].kept
    renamed = option(resource(VOLUME, "new", size=1), aliases=[one["urn"]])
    assert ops([one], [renamed]) == {"new": "same"}


@pytest.mark.parametrize("first", [True, False], ids=["deleted first", "deleted last"])
def test_releases_go_with_the_disk(first: bool) -> None:
    def both(size: int) -> list[dict[str, Any]]:
        disk = option(resource(VOLUME, "disk", size=size), deleteBeforeReplace=first)
        disk["options"] |= {"deleteBeforeReplaceDefined": not first}
        release = resource(RELEASE, "rancher", version="1")
        return [disk, option(release, replaceWith=[disk["urn"]], deletedWith=disk["urn"])]

    found = steps(both(1), both(2))
    assert [step.op for step in found.values()] == ["replace", "replace"]
    assert found["rancher"].cause == found["disk"].urn
    # What goes with its machine is not deleted on its own.
    assert steps(both(1), [])["rancher"].kept


def test_another_provider() -> None:
    def both(identifier: str, kubeconfig: str = "x") -> list[dict[str, Any]]:
        provider = resource(PROVIDER, "k", clusterIdentifier=identifier, kubeconfig=kubeconfig)
        return [provider, option(resource(RELEASE, "rancher", version="1"), provider=provider["urn"])]

    assert ops(both("a"), both("a", "y")) == {"k": "update", "rancher": "same"}
    assert ops(both("a"), both("b")) == {"k": "replace", "rancher": "replace"}


def test_a_type_that_nothing_is_known_of() -> None:
    found = steps([resource("aws:s3:Bucket", "b", name="x")], [resource("aws:s3:Bucket", "b", name="y")])["b"]
    assert (found.op, found.kind.known) == ("update", False)


@pytest.mark.parametrize("token", HANDLERS)
def test_our_own_types_have_words(token: str) -> None:
    """Also where a base's provider says nothing of them."""
    for types in ({}, {token: {"record": "update"}}):
        assert kind_of(token, types).word not in ("resource", token.rpartition(":")[2])


@pytest.mark.parametrize("type_", KINDS)
def test_the_table_says_what_the_stand_ins_say(type_: str) -> None:
    """So that what the engine is compared with, and what is told, cannot part."""
    wanted = KINDS[type_].replaced_by
    for dotted in ["size"] if wanted is ALL else sorted(wanted):
        *above, last = dotted.split(".")
        sides: list[dict[str, Any]] = [{last: value} for value in (1, 2)]
        for key in reversed(above):
            sides = [{key: side} for side in sides]
        old, new = ({**resource(type_, "x"), "inputs": side} for side in sides)
        assert ops([old], [new]) == {"x": "replace"}, dotted
    other = ops([resource(type_, "x", zz=1)], [resource(type_, "x", zz=2)])
    assert other == {"x": "replace" if wanted is ALL else "update"}


def test_paths() -> None:
    assert parse_path('a.b[0]["c/d"].e[*]') == ("a", "b", 0, "c/d", "e", "*")
    assert contains(("a", "*", "b"), ("a", 3, "b", "c"))
    assert not contains(("a", 0, "b"), ("a",))
    assert show_path(("nodes", Name("mgmt-1"), "a b", 0)) == 'nodes[mgmt-1]["a b"][0]'


def test_lists_of_named_things() -> None:
    old = {"nodes": [{"name": "a", "x": 1}, {"name": "b", "x": 1}]}
    new = {"nodes": [{"name": "c", "x": 1}, {"name": "b", "x": 2}, {"name": "a", "x": 1}]}
    changes = list(Comparison(lists="names").differences(old, new))
    assert [(show_path(change.path), change.how) for change in changes] == [
        ("nodes[b].x", "update"),
        ("nodes[c]", "add"),
        ("nodes", "update"),  # the order of what was there
    ]
    assert changes[-1].after == ["b", "a"]
