"""The catalogue as data: a file is enough for a release, only a whole one is taken, and no code names one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dualstack.answer.docs import fields_page
from dualstack.answer.schema import stack_schema
from dualstack.eib.build import build_tree
from dualstack.errors import InputError
from dualstack.releases import CHARTS, RELEASES, ChartKey, read
from dualstack.releases.model import REQUIRED
from dualstack.site.charts import Charts
from dualstack.today import today
from tests import PROJECT
from tests.cli.conftest import Project, Run, project, run
from tests.cli.test_commands import STATIC
from tests.releases.support import INVENTED, add, folder, invented
from tests.sites import checked, found, mapping, told

__all__ = ["folder", "project", "run"]


def test_a_file_alone_adds_a_release(folder: Path, run: Run, project: Project) -> None:
    add(folder, invented())

    for name in ("9.9", INVENTED):
        data = mapping(release=name)
        plan = checked(data).plan
        assert told(data) == []
        assert plan is not None
        rancher = plan.chart("rancher")
        assert rancher is not None
        assert (plan.release.name, plan.release.version) == (name, INVENTED)
        assert (plan.kubernetes_version, rancher.version) == ("v1.36.1+rke2r1", "2.99.1")
        definition = build_tree(plan).files["definition.yaml"].content
        assert isinstance(definition, bytes)
        assert b"v1.36.1+rke2r1" in definition
        assert b"2.99.1" in definition
        jsonschema.validate({"config": {"dualstack:site": data}}, stack_schema())
        assert f"`{name}`" in fields_page()
        project.site("invented", data)
        assert run("plan", "invented", "--format", "json").json["release"] == name
        assert "registry.example.com/eib:9" in run("render", "invented", "--out", f"out-{name}").out
    assert run("new", "paris", "--mode", "address", "--release", "9.9", *STATIC).code == 0


def test_policies_know_what_an_invented_release_has(folder: Path) -> None:
    from dualstack.policies.services import _namespaces

    assert "invented" not in _namespaces(RELEASES.versions)
    add(folder, invented())
    assert "invented" in _namespaces(RELEASES.versions)


def test_a_name_without_a_patch_is_the_newest_one(folder: Path) -> None:
    add(folder, invented())
    add(folder, invented(release="9.9.10", eib="10"), "9.9.10")

    assert (RELEASES["9.9"].version, RELEASES["9.9"].eib) == ("9.9.10", "10")
    assert RELEASES[INVENTED].version == INVENTED
    assert RELEASES.versions[-2:] == (INVENTED, "9.9.10")
    assert list(RELEASES)[-1] == next(reversed(RELEASES)) == "9.9"


def test_a_pinned_release_renders_what_its_name_without_a_patch_does() -> None:
    for name in RELEASES:
        pinned, rolling = (checked(mapping(release=one)).plan for one in (RELEASES[name].version, name))
        assert pinned is not None
        assert rolling is not None
        one, other = build_tree(pinned).files, build_tree(rolling).files
        assert one.keys() == other.keys()
        # The stamp says what the site says.
        assert [file for file in one if one[file] != other[file]] == ["os-files/etc/dualstack/site.json"]


def test_the_shipped_files_are_whole() -> None:
    assert [RELEASES[version].version for version in RELEASES.versions] == list(RELEASES.versions)
    assert RELEASES.default in RELEASES
    # A site that pins one can be read for ever; an end of life is a warning (DS311), not a file that is gone.
    assert {"3.4.2", "3.5.1", "3.6.0"} <= set(RELEASES.versions)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"charts": []}, "charts: no cert-manager, no storage, no metal3, no rancher, no turtles, no neuvector"),
        ({"eib": None, "kubernetes": None}, "kubernetes: missing; eib: missing"),
        ({"kubernetes": "v1.34.4+k3s1"}, "kubernetes: 'v1.34.4+k3s1' has not the form "),
        ({"repositories": {}}, "].repository: repositories has no jetstack"),
        ({"repositories": {"jetstack": {"url": 1}}}, "repositories.jetstack.url: not a text"),
        ({"ingressValues": "haproxy"}, "ingressValues: none of nginx, traefik-39, traefik-40"),
        ({"ingressController": ""}, "ingressController: "),
        ({"ingressController": 1}, "ingressController: not a text"),
        ({"tmpfsCni": "yes"}, "tmpfsCni: neither true nor false"),
        ({"eib": ""}, "eib: '' has not the form "),
        ({"baseImage": "SL-Micro.iso"}, "baseImage: has no {arch}; baseImage: has no {kind}"),
        ({"support": {"end": "soon"}}, "support.end: 'soon' is no date"),
        ({"support": {"end": 20280528}}, "support.end: no date in quotes"),
        ({"support": []}, "support: not a mapping"),
        ({"release": "9.9.2"}, "it is of release 9.9.2"),
        ({"release": 9.9}, "release: not a text"),
        ({"wrong": 1}, "wrong: unknown"),
        ({"oldBmcSchemes": [1]}, "oldBmcSchemes: not a list of texts"),
        ({"charts": [1]}, "charts[0]: not a mapping"),
        ({"charts": {"a": 1}}, "charts: not a list"),
        ({"charts": None}, "charts: missing"),
        ({"rancher": "2.14.1"}, "kubernetes: Rancher 2.14.1 wants one below 1.36, not v1.36.1+rke2r1"),
    ],
)
def test_half_a_release_is_refused_with_all_that_is_wrong(folder: Path, changes: dict[str, Any], said: str) -> None:
    file = add(folder, invented(**changes))

    with pytest.raises(InputError) as error:
        RELEASES[INVENTED]

    assert said in error.value.message
    assert error.value.file == str(file)


def test_a_broken_file_stops_only_the_site_that_names_it(folder: Path, run: Run, project: Project) -> None:
    add(folder, invented(charts=None))
    project.site("good")
    assert run("check", "good").code == 0

    project.site("half", mapping(release="9.9"))
    ran = run("check")

    assert (ran.code, "good: " in ran.out) == (2, True)
    assert f"{folder}/9.9.1.yaml: charts: missing; " in ran.err


def test_a_default_that_is_no_release_is_told(folder: Path) -> None:
    (folder / "default.yaml").write_text('release: "8.8"\n', encoding="utf-8")

    with pytest.raises(InputError, match=r"no release of that name"):
        _ = RELEASES.default


def test_an_unknown_patch_lists_the_known_ones_and_is_never_mended_to_another() -> None:
    (finding,) = [one for one in checked(mapping(release="3.5.99")).findings if one.severity == "error"]

    assert finding.path == ("release",)
    assert finding.message == f"there is no release '3.5.99' in the catalogue; it has {', '.join(RELEASES.versions)}"
    assert finding.fix == f"choose one of {', '.join(RELEASES.names)}"
    assert finding.mend.edits == ()


def test_a_newer_patch_is_a_note_for_whoever_pins_an_older_one(folder: Path) -> None:
    add(folder, invented())
    add(folder, invented(release="9.9.2"), "9.9.2")

    (note,) = found(mapping(release=INVENTED), "DS310")

    assert (note.severity, note.path, note.message) == ("info", ("release",), "9.9.1 is pinned, and 9.9.2 is known")
    assert not found(mapping(release="9.9.2"), "DS310")
    assert not found(mapping(release="9.9"), "DS310")


def test_the_end_of_support_is_a_warning_from_the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    site = mapping(release="3.4")
    monkeypatch.setenv("DUALSTACK_TODAY", "2027-09-21")
    assert not found(site, "DS311")
    monkeypatch.setenv("DUALSTACK_TODAY", "2027-09-22")
    (warning,) = found(site, "DS311")
    assert (warning.severity, warning.path) == ("warning", ("release",))
    assert warning.message == "release 3.4 had its end of life on 2027-09-21"
    assert str(warning.fix) == f"move to a later release: {' or '.join(list(RELEASES)[1:])}"
    assert not found(mapping(release="3.5"), "DS311")


def test_the_newest_release_has_no_later_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(folder, invented(support={"end": "2029-12-31"}))
    monkeypatch.setenv("DUALSTACK_TODAY", "2030-01-01")
    (last,) = found(mapping(release=INVENTED), "DS311")
    assert str(last.fix) == "move to a later release when there is one"


def test_a_day_that_is_none_is_told_and_without_one_it_is_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALSTACK_TODAY", "tomorrow")
    with pytest.raises(InputError, match="no date"):
        today()
    monkeypatch.delenv("DUALSTACK_TODAY")
    assert today().year >= 2026


def _code() -> list[Path]:
    rooms = ("dualstack", "components", "provider", "policy", "scripts", "tools")
    files = [file for room in rooms for suffix in ("py", "j2") for file in (PROJECT / room).rglob(f"*.{suffix}")]
    return [PROJECT / "__main__.py", *(file for file in files if ".venv" not in file.parts)]


def test_no_code_names_a_release() -> None:
    names = "|".join(map(re.escape, RELEASES.names))
    # Neither a part of another version (0.3.5, 3.4.2.2, 3.5.13) nor of a number.
    named = re.compile(rf"(?<![\w.])(?:{names})(?!\.?\w)")
    assert named.search('"3.5"')
    told = [
        f"{file.relative_to(PROJECT)}:{number}: {line.strip()}"
        for file in _code()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if named.search(line)
    ]
    assert told == []


def test_a_site_reads_the_file_of_its_release_alone(tmp_path: Path) -> None:
    """In a process of its own, for what this one has read is kept."""
    code = (
        "import dualstack.releases.catalogue as c, json; from dualstack.cli import main\n"
        "load = c.load_file; read = []\n"
        "c.load_file = lambda path: (read.append(path.name), load(path))[1]\n"
        "try: main()\nexcept SystemExit: pass\nprint(json.dumps(read))"
    )
    made = Project(tmp_path)
    made.site("paris", mapping(release="3.6"))
    ran = subprocess.run(
        [sys.executable, "-c", code, "check", "paris"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == [f"{RELEASES['3.6'].version}.yaml"]


def test_the_package_has_the_files() -> None:
    import tomllib

    packed = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["dualstack"]
    assert "**/*.yaml" in packed
    assert {file.name for file in (PROJECT / "dualstack/releases").glob("*.yaml")} == {
        "default.yaml",
        *(f"{version}.yaml" for version in RELEASES.versions),
    }


def test_the_default_stands_in_the_schema() -> None:
    release = stack_schema()["$defs"]["Site"]["properties"]["release"]
    assert release["default"] == RELEASES.default
    assert yaml.safe_load((PROJECT / "dualstack/releases/default.yaml").read_text()) == {"release": RELEASES.default}


def _without(key: str) -> dict[str, Any]:
    data = invented()
    data["charts"] = [chart for chart in data["charts"] if chart["key"] != key]
    return data


@pytest.mark.parametrize("key", CHARTS)
def test_a_chart_that_a_release_lacks(
    key: ChartKey, folder: Path, run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "REQUIRED", REQUIRED - {key})
    add(folder, _without(key))
    data = mapping(release=INVENTED, charts={"storage": None} if key == "storage" else {})
    plan = checked(data).plan
    assert plan is not None
    assert not [chart for chart in plan.charts if chart.key == key]
    assert "DS330-chart-of-no-release" not in told(data)
    assert build_tree(plan).files
    project.site("paris", data)
    assert run("plan", "paris").code in (0, 1)

    (finding,) = found(mapping(release=INVENTED, charts={key: {"values": {"a": 1}}}), "DS330")
    assert (finding.severity, finding.path) == ("warning", ("charts", key))
    assert finding.message == f"release {INVENTED} has no chart {key}"
    # A layer may switch it off for the sites of all releases.
    assert not found(mapping(release=INVENTED, charts={key: {"enabled": False}}), "DS330")


def test_every_chart_has_its_settings() -> None:
    fields = {field.alias or name for name, field in Charts.model_fields.items()}
    assert fields == {*CHARTS, "extra"}


def test_required_are_what_every_release_has() -> None:
    """So that a chart which the first release lacks is not demanded of it."""
    everywhere = set.intersection(*({chart.key for chart in RELEASES[one].charts} for one in RELEASES.versions))
    assert everywhere >= REQUIRED
