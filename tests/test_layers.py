"""Sites and their layers: what is merged, in which order, where each value came from, and what is refused."""

from __future__ import annotations

import copy
import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from dualstack import parts
from dualstack.errors import InputError, NoSiteError
from dualstack.layers import LayerStore, Resolved, SecretInside, resolve_mapping, resolve_stack
from dualstack.loader import load_file, load_text
from dualstack.merge import merge
from dualstack.origins import Origin, find_origin

Write = Callable[..., pathlib.Path]


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "Pulumi.yaml").write_text("name: dualstack\n")
    (tmp_path / "stacks/layers").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(project: pathlib.Path) -> Write:
    def writes(site: str, rest: str = "", **layers: str) -> pathlib.Path:
        for name, text in layers.items():
            (project / f"stacks/layers/{name}.yaml").write_text(text)
        path = project / "stacks/Pulumi.demo.yaml"
        indented = "".join(f"    {line}\n" for line in site.splitlines())
        path.write_text(f"config:\n  dualstack:site:\n{indented}{rest}")
        return path

    return writes


def refused(project: pathlib.Path, path: pathlib.Path) -> InputError:
    with pytest.raises(InputError) as caught:
        resolve_stack(project, path)
    assert caught.value.fix
    return caught.value


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


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for step, item in steps for below in paths(item, (*path, step)))]


def mark_paths(data: Any, marks: Any) -> bool:
    """Tell whether the tree of marks has exactly the shape of the data."""
    if isinstance(data, dict):
        return list(data) == list(marks) and all(mark_paths(item, marks[key][3]) for key, item in data.items())
    if isinstance(data, list):
        return len(data) == len(marks) and all(
            mark_paths(item, mark[3]) for item, mark in zip(data, marks, strict=True)
        )
    return marks is None


def wreck(value: Any) -> None:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            wreck(item)
    value.clear()


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


def test_siblings_of_the_site(project: pathlib.Path, write: Write) -> None:
    path = write(
        "mode: address",
        "  dualstack:level: 3\n"
        "  dualstack:password: {secure: v1:abc}\n"
        "  dualstack:map: {a: [{secure: v1:def}], b: 1}\n"
        "  dualstack:flag: {secure: true}\n"
        "  aws:region: x\n"
        "  libvirt:uri: {secure: v1:ghi}\n"
        "encryptionsalt: v1:salt\nsecretsprovider: passphrase\nencryptedkey: k\nenvironment: [base]\n",
    )
    resolved = resolve_stack(project, path)
    assert resolved.secrets == {"password", "map"}
    assert resolved.config == {"level": 3, "flag": {"secure": True}}
    assert resolved.config_origins["level"] == Origin("stacks/Pulumi.demo.yaml", 4, 3)
    assert resolved.config_origins["password"] == Origin("stacks/Pulumi.demo.yaml", 5, 3)
    assert set(resolved.config_origins) == {"level", "password", "map", "flag"}
    assert resolved.secrets_inside == ()
    assert "v1:" not in repr(resolved)


def test_secrets_inside_are_found_and_their_values_not_kept(project: pathlib.Path, write: Write) -> None:
    path = write(
        "extends: [a]\nnodes: [{name: two, p: {secure: canary}}]",
        a="nodes: [{name: one, q: {secure: canary}}]\ntop: {secure: canary}\ngone: {secure: canary}\n",
        b="x: 1\n",
    )
    resolved = resolve_stack(project, path)
    layer = "stacks/layers/a.yaml"
    assert set(resolved.secrets_inside) == {
        SecretInside(("nodes", 0, "q"), Origin(layer, 1, 24)),
        SecretInside(("nodes", 1, "p"), Origin("stacks/Pulumi.demo.yaml", 4, 28)),
        SecretInside(("top",), Origin(layer, 2, 6)),
        SecretInside(("gone",), Origin(layer, 3, 7)),
    }
    assert "canary" not in repr(resolved)
    # a layer may not hold one even if the site takes it away again
    path = write("extends: [a]\ngone: ~\ntop: ~\nnodes: ~")
    resolved = resolve_stack(project, path)
    assert resolved.site == {}
    assert [secret.path for secret in resolved.secrets_inside] == [("nodes", 0, "q"), ("top",), ("gone",)]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "`config:`"),
        ("encryptionsalt: x\n", 1, 1, "`config:`"),
        ("x: 1\nconfig:\n", 2, 1, "`config:`"),
        ("x: 1\nconfig: [a]\n", 2, 1, "`config:`"),
        ("config: {}\n", 1, 1, "no `dualstack:site`"),
        ("config:\n  aws:region: x\n", 1, 1, "no `dualstack:site`"),
        ("config:\n  dualstack:site:\n", 2, 3, "no mapping"),
        ("config:\n  dualstack:site: demo\n", 2, 3, "no mapping"),
        ("config:\n  dualstack:site: [a]\n", 2, 3, "no mapping"),
        ("config:\n  dualstack:site: {secure: v1:x}\n", 2, 3, "encrypted"),
    ],
)
def test_a_stack_file_without_a_site(project: pathlib.Path, text: str, line: int, column: int, words: str) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text(text)
    error = refused(project, path)
    assert words in error.message
    assert (error.file, error.line, error.column) == ("stacks/Pulumi.demo.yaml", line, column)


@pytest.mark.parametrize("key", ["site", "other:site", "dualstack:sites", "dualstack:Site"])
def test_a_misnamed_site_is_recognised(project: pathlib.Path, key: str) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text(f"config:\n  {key}: {{mode: address}}\n")
    assert f"rename `{key}`" in (refused(project, path).fix or "")


def test_a_file_outside_of_the_project_is_shown_as_given(
    project: pathlib.Path, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write("extends: [a]", a="x: 1\n")
    path = tmp_path_factory.mktemp("elsewhere") / "site.yaml"
    path.write_text("config: {dualstack:site: {extends: [a], y: 2}}\n")
    resolved = resolve_stack(project, path)
    assert resolved.site == {"x": 1, "y": 2}
    assert resolved.origins[("y",)].file == str(path)
    assert resolved.origins[("x",)].file == "stacks/layers/a.yaml"


def test_names_of_files_do_not_depend_on_the_current_folder(
    project: pathlib.Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("mode: address")
    monkeypatch.chdir(project / "stacks")
    resolved = resolve_stack(pathlib.Path(".."), pathlib.Path("Pulumi.demo.yaml"))
    assert resolved.origins[("mode",)].file == "stacks/Pulumi.demo.yaml"


# the engine's door


def test_the_engines_mapping_gives_the_same_site(project: pathlib.Path, write: Write) -> None:
    path = write(
        "extends: [a]\nnodes: [{name: one, mac: m}]\nb: ~",
        a="nodes: [{name: one, mtu: 1}]\nb: 1\nc: 2\n",
    )
    offline = resolve_stack(project, path)
    mapping = json.loads(json.dumps(load_text(path.read_text()).data["config"]["dualstack:site"]))
    before = copy.deepcopy(mapping)
    engine = resolve_mapping(project, mapping)
    assert engine.site == offline.site
    assert list(engine.site) == list(offline.site)
    assert engine.layers == offline.layers
    assert engine.files == (project / "stacks/layers/a.yaml",)
    wreck(engine.site)
    assert mapping == before


def test_values_of_the_engines_mapping_have_no_place(project: pathlib.Path, write: Write) -> None:
    write("x: 1", a="n: {p: 1, q: {r: 1}}\nc: 2\n")
    resolved = resolve_mapping(project, {"extends": ["a"], "n": {"p": 3, "s": [1]}})
    layer = "stacks/layers/a.yaml"
    assert dict(resolved.origins) == {
        ("n", "q"): Origin(layer, 1, 14),
        ("n", "q", "r"): Origin(layer, 1, 18),
        ("c",): Origin(layer, 2, 4),
    }
    assert find_origin(resolved.origins, ("n", "q", "none")) == Origin(layer, 1, 14)
    assert find_origin(resolved.origins, ("n", "p")) is None
    assert find_origin(resolved.origins, ("n", "none")) is None


def test_secrets_of_the_engine(project: pathlib.Path) -> None:
    resolved = resolve_mapping(project, {}, ["dualstack:password", "other"], {"dualstack:level": "3", "x": "y"})
    assert resolved.secrets == {"password", "other"}
    assert resolved.config == {"level": "3", "x": "y"}
    assert resolved.secrets_inside == ()
    assert resolve_mapping(project, {}, ["dualstack:site"]).secrets_inside == (SecretInside((), None),)


def test_the_engines_mapping_is_bounded_and_typed(project: pathlib.Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    with pytest.raises(InputError, match="deep"):
        resolve_mapping(project, deep)
    with pytest.raises(InputError, match="<config>: `dualstack:site` is no mapping"):
        resolve_mapping(project, ["a"])  # type: ignore[arg-type]


# many sites in one process


def test_a_store_reads_each_layer_once_and_sites_do_not_meet(
    project: pathlib.Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(path: pathlib.Path, file: str | None = None) -> Any:
        read.append(path.name)
        return load_file(path, file)

    monkeypatch.setattr("dualstack.parts.load_file", counted)
    path = write(
        "extends: [a, b]\nx: {l: [1]}", a="x: {k: {d: 1}}\nn: [{name: i, p: {q: 1}}]\n", b="extends: [a]\ny: 1\n"
    )
    store = LayerStore(project)
    first = resolve_stack(project, path, store)
    expected = copy.deepcopy(first.site)
    origins = dict(first.origins)
    wreck(first.site)
    for _ in range(3):
        again: Resolved = resolve_stack(project, path, store)
        assert again.site == expected
        assert dict(again.origins) == origins
        wreck(again.site)
    assert resolve_mapping(project, {"extends": ["a"]}, store=store).site == {
        "x": {"k": {"d": 1}}, "n": [{"name": "i", "p": {"q": 1}}]
    }  # fmt: skip
    assert sorted(read) == ["a.yaml", "b.yaml"]


def test_a_failure_in_one_site_leaves_the_store_usable(project: pathlib.Path, write: Write) -> None:
    store = LayerStore(project)
    write("x: 1", a="extends: [b]\n", b="extends: [a]\n", good="y: 1\n")
    for _ in range(2):
        with pytest.raises(InputError, match="circle"):
            resolve_mapping(project, {"extends": ["good", "a"]}, store=store)
    assert resolve_mapping(project, {"extends": ["good"]}, store=store).site == {"y": 1}


def test_layers_lie_beside_the_stack_files_wherever_those_are(tmp_path: pathlib.Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nstackConfigDir: sites\n")
    (tmp_path / "sites/layers").mkdir(parents=True)
    (tmp_path / "sites/layers/fleet.yaml").write_text("dns: {ttl: 60}\n")
    path = tmp_path / "sites/Pulumi.demo.yaml"
    path.write_text("config:\n  dualstack:site:\n    extends: [fleet]\n")
    assert resolve_stack(tmp_path, path).site == {"dns": {"ttl": 60}}
    path.write_text("config:\n  dualstack:site:\n    extends: [flet]\n")
    assert "no layer `flet` in sites/layers" in refused(tmp_path, path).message


def test_a_layer_where_there_is_none_yet(project: pathlib.Path) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text("config:\n  dualstack:site:\n    extends: [fleet]\n")
    assert "create stacks/layers/fleet.yaml" in (refused(project, path).fix or "")


def test_a_layer_that_is_a_pipe_does_not_hang(project: pathlib.Path) -> None:
    (project / "stacks/layers").mkdir(exist_ok=True)
    os.mkfifo(project / "stacks/layers/fleet.yaml")
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text("config:\n  dualstack:site:\n    extends: [fleet]\n")
    assert "this is a pipe" in refused(project, path).message


@pytest.mark.parametrize(
    "text", ["", "encryptionsalt: v1:x\n", "config:\n", "config: {aws:region: x}\n", "config: {other:site: {}}\n"]
)
def test_a_stack_of_something_else_is_told_apart(project: pathlib.Path, text: str) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text(text)
    assert isinstance(refused(project, path), NoSiteError)


@pytest.mark.parametrize(
    "text", ["mode: address\n", "config: [a]\n", "config: {site: {}}\n", "config: {dualstack:sites: {}}\n"]
)
def test_a_site_in_the_wrong_place_is_no_stack_of_something_else(project: pathlib.Path, text: str) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    path.write_text(text)
    assert not isinstance(refused(project, path), NoSiteError)
