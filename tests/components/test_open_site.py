"""The door of a component's arguments: what another program gives, and how it is told what is wrong."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.site import open_site, plain
from tests import sites


def refused(**args: Any) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        open_site(args, tell=False)
    return str(caught.value)


@pytest.mark.parametrize("name", [None, "", "../paris", "/etc", ".hidden", "a b", "a/b", "x" * 101, 7])
def test_a_name_is_part_of_paths(name: Any) -> None:
    assert "name is no site's name" in refused(name=name, site=sites.mapping())


@pytest.mark.parametrize("site", [None, [], "paris"])
def test_a_site_is_a_mapping(site: Any) -> None:
    assert "site of paris is no mapping of plain values" in refused(name="paris", site=site)


def test_a_secret_is_text_and_is_not_told() -> None:
    told = refused(name="paris", site=sites.mapping(), secrets={"rke2Token": 271828})

    assert 'secrets["rke2Token"] of paris is no text' in told
    assert "271828" not in told


def test_all_errors_are_told_with_the_arguments_words() -> None:
    site = sites.mapping(rancher={"bootstrapPassword": "hunter22xx"})
    site["colour"] = "red"
    told = refused(name="paris", site=site)

    assert "the site paris has 2 errors, so nothing was started" in told
    assert "paris: colour: 'colour' is no key that dualstack knows" in told
    assert 'give it as secrets["rancherBootstrapPassword"]' in told
    assert "dualstack secret set" not in told and "hunter22xx" not in told


def test_a_missing_layer_is_told() -> None:
    assert "no layer `nowhere`" in refused(name="paris", site=sites.mapping(extends=["nowhere"]))


def test_numbers_are_whole_again_and_nothing_else_changes() -> None:
    given = {"a": [1.0, 1.5, True, None, "1.0"], "b_c": {"d": 64.0}}

    assert repr(plain(given, ())) == repr({"a": [1, 1.5, True, None, "1.0"], "b_c": {"d": 64}})


def test_the_same_site_has_the_same_plan() -> None:
    def floats(value: Any) -> Any:
        """As the way between two processes makes it."""
        if isinstance(value, dict):
            return {key: floats(item) for key, item in value.items()}
        if isinstance(value, list):
            return [floats(item) for item in value]
        return float(value) if type(value) is int else value

    site = sites.mapping(charts={"rancher": {"values": {"replicas": 3}}}, dns={"ttl": 600})
    plans = [open_site({"name": "test", "site": given}, tell=False)[0] for given in (site, floats(site))]

    # 3 and 3.0 are equal, and two texts in YAML.
    assert repr(plans[0].charts) == repr(plans[1].charts)
    assert plans[0] == plans[1]
