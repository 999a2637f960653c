"""Stack files around a site: siblings, secrets, the engine's mapping, and many sites in one process."""

from __future__ import annotations

import copy
import json
import os
import pathlib
from typing import Any

import pytest

from dualstack.document.loader import load_file, load_text
from dualstack.document.origins import Origin, find_origin
from dualstack.errors import InputError, NoSiteError
from dualstack.stack.layers import LayerStore, Resolved, SecretInside, resolve_mapping, resolve_stack
from tests.layers.support import Write, refused, wreck


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

    monkeypatch.setattr("dualstack.stack.parts.load_file", counted)
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
