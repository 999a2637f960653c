"""Sites and their layers: what is merged, in which order, where each value came from, and what is refused."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any

import pytest

from dualstack.document.loader import load_text
from dualstack.document.merge import merge
from dualstack.document.origins import Origin, find_origin
from dualstack.errors import InputError
from dualstack.stack import parts
from dualstack.stack.layers import LayerStore, resolve_mapping, resolve_stack
from tests.layers.support import Write, mark_paths, paths, refused, wreck


def test_a_site_without_layers(project: pathlib.Path, write: Write) -> None:
    path = write("mode: address\ndns: {ttl: 60}")
    resolved = resolve_stack(project, path)
    assert resolved.site == {"mode": "address", "dns": {"ttl": 60}}
    assert resolved.origins[("dns", "ttl")] == Origin("stacks/Pulumi.demo.yaml", 4, 16)
    assert resolved.key_origins[("dns", "ttl")] == Origin("stacks/Pulumi.demo.yaml", 4, 11)
    assert resolved.origins[()] == Origin("stacks/Pulumi.demo.yaml", 3, 5)
    assert resolved.layers == ()
    assert resolved.files == (path,)
    assert (resolved.config, resolved.secrets, resolved.secrets_inside) == ({}, frozenset(), ())


def test_layers_apply_in_order_and_the_file_last(project: pathlib.Path, write: Write) -> None:
    path = write(
        "extends: [fleet, europe]\na: site",
        fleet="a: fleet\nb: fleet\nc: fleet\nd: {x: fleet, y: fleet}\n",
        europe="a: europe\nb: europe\nd: {y: europe, z: europe}\n",
    )
    resolved = resolve_stack(project, path)
    assert resolved.site == {
        "a": "site", "b": "europe", "c": "fleet", "d": {"x": "fleet", "y": "europe", "z": "europe"}
    }  # fmt: skip
    assert resolved.layers == ("fleet", "europe")
    folder = project / "stacks/layers"
    assert resolved.files == (folder / "fleet.yaml", folder / "europe.yaml", path)


def test_each_value_keeps_the_place_it_was_written_at(project: pathlib.Path, write: Write) -> None:
    path = write(
        "extends: [fleet, europe]\na: site\nnodes: [{name: two, mac: m}]",
        fleet="a: fleet\nb: fleet\nd:\n  x: fleet\n  y: fleet\n"
        "nodes:\n  - {name: one, mtu: 1}\n  - {name: two, mtu: 2}\n",
        europe="d: {y: europe}\n",
    )
    resolved = resolve_stack(project, path)
    site, fleet, europe = "stacks/Pulumi.demo.yaml", "stacks/layers/fleet.yaml", "stacks/layers/europe.yaml"
    assert dict(resolved.origins) == {
        (): Origin(site, 3, 5),
        ("a",): Origin(site, 4, 8),
        ("b",): Origin(fleet, 2, 4),
        ("d",): Origin(europe, 1, 4),
        ("d", "x"): Origin(fleet, 4, 6),
        ("d", "y"): Origin(europe, 1, 8),
        ("nodes",): Origin(site, 5, 12),
        ("nodes", 0): Origin(fleet, 7, 5),
        ("nodes", 0, "name"): Origin(fleet, 7, 12),
        ("nodes", 0, "mtu"): Origin(fleet, 7, 22),
        ("nodes", 1): Origin(site, 5, 13),
        ("nodes", 1, "name"): Origin(site, 5, 20),
        ("nodes", 1, "mtu"): Origin(fleet, 8, 22),
        ("nodes", 1, "mac"): Origin(site, 5, 30),
    }
    assert resolved.key_origins[("d", "y")] == Origin(europe, 1, 5)
    assert resolved.key_origins[("nodes", 1, "mtu")] == Origin(fleet, 8, 17)
    assert find_origin(resolved.origins, ("nodes", 0, "mac")) == Origin(fleet, 7, 5)
    for path_ in resolved.origins:
        value: Any = resolved.site
        for step in path_:
            value = value[step]


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        # maps merge, the rest replaces
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [1]}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        # null removes
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({}, {"a": None, "b": {"c": None, "d": {"e": None}}}, {"b": {"d": {}}}),
        ({}, {"a": [{"b": None, "c": 1}, None, {"d": 1}]}, {"a": [{"c": 1}, None, {"d": 1}]}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        # but Helm gives it a meaning
        ({}, {"values": {"a": None, "b": {"c": None}}}, {"values": {"a": None, "b": {"c": None}}}),
        ({"values": {"a": 1}}, {"values": {"a": None, "b": None}}, {"values": {"b": None}}),
        ({"values": {"b": None}}, {"values": {"b": 1}}, {"values": {"b": 1}}),
        ({}, {"extra": [{"values": {"a": None}, "b": None}]}, {"extra": [{"values": {"a": None}}]}),
        ({"values": 1}, {"values": None}, {}),
        # named things merge by name
        (
            {"a": [{"name": "x", "p": 1}, {"name": "y", "p": 2}]},
            {"a": [{"name": "z"}, {"name": "y", "q": 3}]},
            {"a": [{"name": "x", "p": 1}, {"name": "y", "p": 2, "q": 3}, {"name": "z"}]},
        ),
        (
            {"a": [{"name": "x", "l": [{"name": "i", "m": 1}]}]},
            {"a": [{"name": "x", "l": [{"name": "i", "n": 2}]}]},
            {"a": [{"name": "x", "l": [{"name": "i", "m": 1, "n": 2}]}]},
        ),
        ({"a": [{"name": "x", "p": 1}]}, {"a": [{"name": "x", "p": None}]}, {"a": [{"name": "x"}]}),
        ({"a": [{"name": "x"}]}, {"a": []}, {"a": []}),
        ({"a": []}, {"a": [{"name": "x"}]}, {"a": [{"name": "x"}]}),
        ({"a": [{"name": "x", "p": 1}]}, {"a": [{"name": "x"}, "y"]}, {"a": [{"name": "x"}, "y"]}),
        ({"a": [{"name": "x", "p": 1}]}, {"a": [{"id": "x"}]}, {"a": [{"id": "x"}]}),
        ({"a": [{"name": 5, "p": 1}]}, {"a": [{"name": 5}]}, {"a": [{"name": 5}]}),
        # a name written twice stays for a rule to find
        (
            {"a": [{"name": "x", "p": 1}]},
            {"a": [{"name": "x", "q": 1}, {"name": "x", "q": 2}]},
            {"a": [{"name": "x", "p": 1, "q": 1}, {"name": "x", "q": 2}]},
        ),
        (
            {"a": [{"name": "x", "p": 1}, {"name": "x", "p": 2}]},
            {"a": [{"name": "x", "q": 1}]},
            {"a": [{"name": "x", "p": 1, "q": 1}, {"name": "x", "p": 2}]},
        ),
    ],
)  # fmt: skip
def test_merging(base: dict[str, Any], over: dict[str, Any], expected: dict[str, Any]) -> None:
    one, two = load_text(json.dumps(base), "base"), load_text(json.dumps(over), "over")
    before = copy.deepcopy((one.data, two.data, dict(one.origins), dict(two.origins)))
    assert isinstance(one.mark[3], dict)
    assert isinstance(two.mark[3], dict)
    data, marks = merge(one.data, one.mark[3], two.data, two.mark[3])
    assert data == expected
    assert list(data) == list(expected)
    assert paths(data) == list(load_text(json.dumps(expected)).origins)
    assert mark_paths(data, marks)
    # nothing of what went in changes, neither now nor when the result is changed
    wreck(data)
    assert (one.data, two.data, dict(one.origins), dict(two.origins)) == before


def test_layers_extend_layers_and_a_diamond_applies_its_top_once(project: pathlib.Path, write: Write) -> None:
    path = write(
        "extends: [left, right]",
        top="a: top\nb: top\n",
        left="extends: [top]\na: left\n",
        right="extends: [top]\nc: right\n",
    )
    resolved = resolve_stack(project, path)
    assert resolved.layers == ("top", "left", "right")
    assert resolved.site == {"a": "left", "b": "top", "c": "right"}  # `right` brings no `a: top` back


def test_a_layer_named_again_stays_where_it_first_applied(project: pathlib.Path, write: Write) -> None:
    path = write("extends: [a, b, a]", a="x: a\n", b="x: b\n")
    assert resolve_stack(project, path).site == {"x": "b"}


@pytest.mark.parametrize("extends", ["[]", "~", ""])
def test_extends_may_be_empty(project: pathlib.Path, write: Write, extends: str) -> None:
    resolved = resolve_stack(project, write(f"extends: {extends}\nmode: address"))
    assert resolved.site == {"mode": "address"}
    assert ("extends",) not in resolved.origins


def test_a_circle_is_named_whole(project: pathlib.Path, write: Write) -> None:
    path = write("extends: [start]", start="extends: [a]\n", a="extends: [b]\n", b="x: 1\nextends: [c, a]\n", c="{}\n")
    error = refused(project, path)
    assert "a -> b -> a" in error.message
    assert "start" not in error.message
    assert (error.file, error.line, error.column) == ("stacks/layers/b.yaml", 2, 14)
    path = write("extends: [self]", self="extends: [self]\n")
    assert "self -> self" in refused(project, path).message


def test_a_long_chain_is_refused_not_a_recursion_error(project: pathlib.Path, write: Write) -> None:
    names = [f"l{number}" for number in range(100)]
    layers = {name: f"extends: [l{number + 1}]\n" for number, name in enumerate(names)}
    error = refused(project, write("extends: [l0]", **layers))
    assert str(parts.MAX_CHAIN) in error.message
    layers = {name: layers[name] for name in names[: parts.MAX_CHAIN - 1]} | {names[parts.MAX_CHAIN - 1]: "x: 1\n"}
    assert resolve_stack(project, write("extends: [l0]", **layers)).site == {"x": 1}


def test_layers_that_meet_again_and_again_are_visited_once(project: pathlib.Path, write: Write) -> None:
    layers = {f"l{n}": f"extends: [m{n}, n{n}]\n" for n in range(15)}
    layers |= {f"{side}{n}": f"extends: [l{n + 1}]\n" for n in range(15) for side in "mn"}  # 2**15 ways down
    visits = 0
    store = LayerStore(project)
    real = store.part

    def counted(name: str, asked: Origin | None) -> parts.Part:
        nonlocal visits
        visits += 1
        return real(name, asked)

    store.part = counted  # type: ignore[method-assign]
    assert resolve_stack(project, write("extends: [l0]", l15="x: 1\n", **layers), store).site == {"x": 1}
    assert visits == len(layers) + 1


def test_an_unknown_layer_names_the_nearest_and_all(project: pathlib.Path, write: Write) -> None:
    path = write("extends: [fleet, europ]", fleet="a: 1\n", europe="b: 1\n")
    error = refused(project, path)
    assert "`europ`" in error.message
    assert error.fix is not None
    assert "write `europe`" in error.fix
    assert "`fleet`" in error.fix
    assert (error.file, error.line, error.column) == ("stacks/Pulumi.demo.yaml", 3, 22)
    assert "write" not in (refused(project, write("extends: [zzz]")).fix or "")


def test_an_unknown_layer_of_a_layer_is_placed_there(project: pathlib.Path, write: Write) -> None:
    error = refused(project, write("extends: [a]", a="extends:\n  - nope\n"))
    assert (error.file, error.line, error.column) == ("stacks/layers/a.yaml", 2, 5)


def test_no_layer_at_all(project: pathlib.Path, write: Write) -> None:
    assert "create" in (refused(project, write("extends: [a]")).fix or "")


@pytest.mark.parametrize(
    ("extends", "column"),
    [("fleet", 14), ("{a: b}", 14), ("3", 14), ("[1]", 15), ("[fleet, [a]]", 22), ("[~]", 15),
     ("[../x]", 15), ("[/etc/passwd]", 15), ("['a b']", 15), ("['']", 15), (f"[{'n' * 101}]", 15)],
)  # fmt: skip
def test_extends_must_be_a_list_of_names(project: pathlib.Path, write: Write, extends: str, column: int) -> None:
    error = refused(project, write(f"extends: {extends}", fleet="a: 1\n"))
    assert (error.file, error.line, error.column) == ("stacks/Pulumi.demo.yaml", 3, column)
    with pytest.raises(InputError) as caught:
        resolve_mapping(project, {"extends": load_text(f"a: {extends}").data["a"]})
    assert caught.value.message == error.message


@pytest.mark.parametrize("key", ["config", "dualstack:site"])
def test_a_layer_is_bare(project: pathlib.Path, write: Write, key: str) -> None:
    error = refused(project, write("extends: [a]", a=f"x: 1\n{key}: {{b: 1}}\n"))
    assert "remove" in (error.fix or "")
    assert (error.file, error.line, error.column) == ("stacks/layers/a.yaml", 2, 1)


def test_a_broken_layer_is_named_by_its_own_place(project: pathlib.Path, write: Write) -> None:
    error = refused(project, write("extends: [a]", a="x: 1\nx: 2\n"))
    assert (error.file, error.line) == ("stacks/layers/a.yaml", 2)


def test_doubtful_numbers_are_refused_in_the_site_and_in_layers_only(project: pathlib.Path, write: Write) -> None:
    assert resolve_stack(project, write("mode: address", "  aws:account: 012345\n")).site
    assert refused(project, write("mode: address\nttl: 010")).line == 4
    assert refused(project, write("extends: [a]", a="x: 1_000\n")).file == "stacks/layers/a.yaml"
