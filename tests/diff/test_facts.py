"""Each fact once: words are the table's, an edit's consequences are named, and what it does not explain is told."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from dualstack.answer.style import Style
from dualstack.day2 import Edited, Setting, Word, consequence
from dualstack.diff.compare import FileChange, SiteDiff, compare_site
from dualstack.diff.document import report_json
from dualstack.diff.facts import facts, rest
from dualstack.diff.html import html
from dualstack.diff.markdown import comment
from dualstack.diff.report import Report, make_report
from dualstack.diff.sections import warning
from dualstack.diff.text import page
from dualstack.diff.words import takes, word_of
from dualstack.document.differ import Change
from tests.day2.changes import CHANGES, SITE, changed
from tests.diff.repository import Repository, site
from tests.diff.test_comment import report
from tests.diff.test_diff import OTHER_PODS, ntp

OWN = ("stacks/Pulumi.paris.yaml",)


def compared(before: dict[str, Any], after: dict[str, Any], **more: Any) -> SiteDiff:
    sides = [{"source": source, "findings": [], "resources": [], **more} for source in (before, after)]
    return compare_site("paris", sides[0], sides[1], {}, OWN)


def formats(one: Report) -> dict[str, str]:
    return {
        "markdown": comment(one, "x"),
        "text": page(one, Style(False)),
        "json": json.dumps(report_json(one)),
        "html": html(one),
    }


@pytest.mark.parametrize("path", [path for path in CHANGES if path != "schema"])
def test_the_word_of_each_field_is_the_tables(path: str) -> None:
    after = changed(path)
    one = compared(SITE, after)
    assert one.edits
    setting, was = Setting("paris", after), Setting("paris", SITE)
    changes = [edit.change for edit in one.edits]
    wanted = [consequence(setting, Edited(it.path, it.before, it.after), was).word for it in changes]
    assert [fact.told.word for fact in facts(one)] == sorted(wanted, reverse=True)
    assert word_of(one) is max(wanted)
    assert report_json(report(one))["sites"][0]["word"] == max(wanted).text
    assert takes(one) is (max(wanted) >= Word.OUTAGE)
    assert bool(warning(report(one))) is takes(one)


def test_several_edits_have_the_worst_word_and_each_stands_once() -> None:
    after = copy.deepcopy(SITE)
    after["image"]["time"]["ntpServers"] = ["ntp9.example.com"]
    after["cluster"] = {"pods": {"ipv4": "10.52.0.0/16"}, "maxPods": 200}
    one = compared(SITE, after)
    assert word_of(one) is Word.REBUILD
    assert [fact.told.word for fact in facts(one)] == [Word.REBUILD, Word.BY_HAND, Word.BY_HAND]
    for name, out in formats(report(one)).items():
        for told in ("cluster.pods.ipv4", "image.time.ntpServers[0]", "ntp9.example.com", "10.52.0.0/16", "chronyd"):
            assert out.count(told) == 1, (name, told)


def test_two_edited_values_fit_a_screen(repository: Repository) -> None:
    repository.site("nice", site(120))
    repository.commit("base")
    repository.edit("stacks/layers/fleet.yaml", ntp)
    repository.edit("stacks/Pulumi.nice.yaml", lambda data: data.update(cluster={"pods": OTHER_PODS}))
    made = make_report(repository.project, "base", [], lambda _: None)
    outs = formats(made)
    assert len(outs["markdown"]) < 3_000
    for name, out in outs.items():
        assert out.count("ntp2.example.com") == 1, name
        # The page's picture shows the network as it is now.
        assert out.count("10.52.0.0/16") == (2 if name == "html" else 1), name
        assert out.count("10.42.0.0/16") == 1, name
        assert out.count("kubernetes/config/server.yaml") == 1, name
    told = {edit["path"]: edit for edit in report_json(made)["sites"][0]["edits"]}
    hand, rebuilt = told["image.time.ntpServers[1]"], told["cluster.pods.ipv4"]
    assert (hand["word"], rebuilt["word"]) == ("by hand", "rebuild")
    assert "chrony" in hand["how"]
    assert "fixed at the cluster's first start" in rebuilt["how"]


def edited(*reached: str, files: tuple[FileChange, ...] = (), values: tuple[Change, ...] = ()) -> SiteDiff:
    after = copy.deepcopy(SITE)
    after["image"]["time"]["ntpServers"] = ["ntp9.example.com"]
    return replace(compared(SITE, after), reached_by=reached or OWN, files=files, values=values)


def file(*lines: str, path: str = "definition.yaml", **more: Any) -> FileChange:
    given = {"how": "update", "lines": lines, "mode": None, "secret": False} | more
    return FileChange(path, **given)


NTP = ("-    - ntp1.example.com", "+    - ntp9.example.com")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (file(*NTP), False),
        (file(*NTP, "+    - ntp3.example.com"), True),
        (file("-    - ntp1.example.com", "+    - ntp9.example.com.evil"), True),
        (file("-  a: xntp1.example.com", "+  a: xntp9.example.com"), True),
        (file(*NTP, mode=("0644", "0755")), True),
        (file(*NTP, secret=True), True),
        (file("+    - ntp9.example.com", how="add"), True),
        (file(how="update", lines=None), True),
    ],
)
def test_lines_that_no_edit_explains_are_told(change: FileChange, told: bool) -> None:
    one = edited(files=(change,))
    assert [bool(left) for left in (rest(one).files, rest(one).named)] == [told, not told]
    for line in change.lines or () if told else ():
        assert line[1:].strip() in comment(report(one), "x")
        assert line[1:].strip() in html(report(one))


@pytest.mark.parametrize("path", ["components/host.py", "files/other/x", "stacks/Pulumi.lyon.yaml", "Pulumi.yaml"])
def test_a_changed_program_or_file_explains_nothing(path: str) -> None:
    """It may do anything: then every line is told, with the word of its file."""
    one = edited(
        path, *OWN, files=(file("-cluster-cidr: a", "+cluster-cidr: b", path="kubernetes/config/server.yaml"),)
    )
    assert [left.path for left in rest(one).files] == ["kubernetes/config/server.yaml"]
    assert word_of(one) is Word.REBUILD
    assert rest(edited(path, files=(file(*NTP),))).files
    same = Change(("x",), "update", "ntp1.example.com", "ntp9.example.com")
    assert rest(edited(path, values=(same,))).values == (same,)
    assert rest(edited(values=(same,))).values == ()


def test_the_page_has_long_values_whole() -> None:
    after = copy.deepcopy(SITE)
    after["rules"]["DS090-rancher-one-family"]["because"] = "x" * 300 + "END"
    one = report(compared(SITE, after))
    assert f"{'x' * 300}END" in html(one)
    assert "END" not in comment(one, "artifact")


def test_a_default_is_the_other_side() -> None:
    after = copy.deepcopy(SITE)
    after["cluster"] = {"maxPods": 200}
    assert "`110` (default) → `200`" in comment(report(compared(SITE, after)), "x")
    assert "`200` → `110` (default)" in comment(report(compared(after, SITE)), "x")
