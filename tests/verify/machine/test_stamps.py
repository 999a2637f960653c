"""The stamp: whose machine it is, and what is merged and not on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualstack.day2.words import Word as Day2
from dualstack.eib import plan_stamp
from dualstack.eib.join import joining
from dualstack.rules.site.site_form import known_keys
from dualstack.verify.machine.stamps import PLACES
from dualstack.verify.model import Word
from tests.verify.machine.said import Fault, judged, site, told


def stamped(**changes: Any) -> Fault:
    """The machine has the image of the site as it was, with these values."""
    return lambda said: said.update(stamp=plan_stamp(site(**changes)))


def edited(**changes: Any) -> Fault:
    return lambda said: said.update(stamp=json.dumps({**json.loads(said["stamp"]), **changes}))


@pytest.mark.parametrize(
    ("before", "part", "word"),
    [
        ({"image": {"time": {"ntpServers": ["ntp.example.com"]}}}, "time", Day2.BY_HAND),
        ({"image": {"users": [{"username": "ops", "sshKeys": ["ssh-ed25519 AAAA"]}]}}, "users", Day2.BY_HAND),
        ({"image": {"kernelArgs": ["quiet"]}}, "kernel", Day2.ROLLING),
        ({"image": {"packages": {"names": ["tcpdump"]}}}, "packages", Day2.ROLLING),
        ({"image": {"proxy": {"http": "http://proxy.example.com:3128"}}}, "proxy", Day2.BY_HAND),
        ({"rancher": {"replicas": 2}}, "charts", Day2.OUTAGE),
        ({"cluster": {"tlsSan": ["api.example.com"]}}, "kubernetes", Day2.REBUILD),
        ({"dns": {"resolvers": ["192.168.100.54", "fd00:100::54"]}}, "network", Day2.OUTAGE),
    ],
)
def test_what_is_merged_and_not_on_the_machine_is_pending(before: dict[str, Any], part: str, word: Day2) -> None:
    found = judged(site(), stamped(**before))

    pending = [one for one in found if one.word is Word.PENDING]
    assert part in {one.asked.removeprefix("stamp: ") for one in pending}
    told_of = next(one for one in pending if one.asked == f"stamp: {part}")
    assert told_of.day2 is word
    assert told_of.fix
    assert told_of.consequence
    assert told(found) == {}


def test_one_field_says_how_and_several_that_it_depends() -> None:
    def how(**before: Any) -> str:
        return next(one.fix for one in judged(site(), stamped(**before)) if one.word is Word.PENDING)

    assert "GRUB_CMDLINE_LINUX" in how(image={"kernelArgs": ["quiet"]})
    assert "by hand at the most" in how(image={"time": {"timezone": "Europe/Paris"}})


def test_what_concerns_installs_alone_is_fine() -> None:
    found = judged(site(), stamped(image={"diskSize": "100G", "type": "raw"}))

    assert told(found) == told(found, Word.PENDING) == {}
    assert any(one.asked == "stamp: disk" for one in found)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (edited(site="lyon"), "of site lyon"),
        (edited(nodes={"other": {}}), "made for other, and not for mgmt-1"),
    ],
)
def test_another_ones_machine_is_a_fault(fault: Fault, words: str) -> None:
    found = told(judged(site(), fault))

    assert words in found["stamp /etc/dualstack/site.json"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("{", "no JSON"),
        ("[]", "no stamp"),
        ('{"version": 1, "nodes": {}, "parts": 3}', "no stamp"),
        ('{"version": 2, "nodes": {}, "parts": {}}', "of version 2"),
    ],
)
def test_no_stamp_is_not_checkable(text: str | None, words: str) -> None:
    found = judged(site(), lambda said: said.update(stamp=text))

    (one,) = [one for one in found if one.word is Word.NOT_CHECKABLE]
    assert words in one.seen
    assert one.fix


def test_a_node_that_joined_from_an_image_of_its_own() -> None:
    plan = site()
    own = plan_stamp(joining(plan, "mgmt-2"))

    assert told(judged(plan, lambda said: said.update(stamp=own), number=1), Word.PENDING) == {}
    wrong = told(judged(plan, lambda said: said.update(stamp=own)))
    assert "made for mgmt-2" in wrong["stamp /etc/dualstack/site.json"]


def test_a_part_that_nobody_knows_is_the_worst() -> None:
    found = judged(site(), lambda said: said.update(stamp=said["stamp"].replace('"parts": {', '"parts": {"x": "1",')))

    (one,) = [one for one in found if one.word is Word.PENDING]
    assert (one.asked, one.day2) == ("stamp: x", Day2.REBUILD)


@pytest.mark.parametrize("path", [path for places in PLACES.values() for path in places])
def test_every_field_that_a_part_names_is_one_of_the_model(path: tuple[str, ...]) -> None:
    assert path[-1] in known_keys(path[:-1])
