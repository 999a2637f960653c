"""The alerts: in the metrics' own names and labels, one for each state, seen to fire where promtool is at hand."""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.verify.formats import as_prometheus
from dualstack.verify.model import Kind, Result, Word
from tests import PROJECT
from tests.status.samples import answers

RULES = PROJECT / "ci/prometheus/dualstack.rules.yml"
SAMPLE = re.compile(r'^(\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\} (-?\d+)$')
SITE = "paris"


def rules() -> list[dict[str, Any]]:
    """Return the alerts."""
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def samples(results: list[Result]) -> list[tuple[str, dict[str, str], str]]:
    """Return name, labels and line of each metric, as an exporter reads them."""
    text = as_prometheus(SITE, results)
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) \w+ .+", line)
            continue
        match = SAMPLE.fullmatch(line)
        assert match is not None, line
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2]))
        found.append((match[1], labels, line))
    return found


def every() -> list[Result]:
    """Return a result of each word for each kind."""
    end = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
    return [
        Result(kind, f"{word}.example", "asked", word, "seen", family, ends=end)
        for kind in Kind
        for word in Word
        for family in ("ipv4", "ipv6", None)
    ]


def test_alerts_speak_of_metrics_and_labels_that_are_there() -> None:
    found = samples(every())
    names = {name: set(labels) for name, labels, _ in found}
    values: dict[str, set[str]] = {}
    for _, labels, _ in found:
        for key, value in labels.items():
            values.setdefault(key, set()).add(value)
    for rule in rules():
        used = set(re.findall(r"\bdualstack_\w+", rule["expr"]))
        assert used <= names.keys(), rule["alert"]
        known = set().union(*(names[name] for name in used))
        told = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        told |= set(re.findall(r"[{,] ?(\w+)[!=]", rule["expr"]))
        told |= {word.strip() for group in re.findall(r"by \(([^)]*)\)", rule["expr"]) for word in group.split(",")}
        assert told <= known, rule["alert"]
        for key, operator, value in re.findall(r'(\w+)(=~|!~|=|!=)"([^"]*)"', rule["expr"]):
            if operator in ("=", "=~"):
                assert set(value.split("|")) <= values[key], rule["alert"]


def test_each_state_of_each_kind_has_an_alert() -> None:
    """By the rules' own matchers: what is wrong is told of each kind, once, and what is fine of none."""
    for kind in Kind:
        for word in Word:
            hit = [rule["alert"] for rule in rules() if _matches(rule["expr"], kind.value, word.value)]
            wanted = {Word.FAILED: 1, Word.PENDING: 1}.get(word, 0)
            assert len(hit) == wanted, (kind, word, hit)


def _matches(expression: str, name: str, result: str) -> bool:
    found = re.fullmatch(r"dualstack_verify_check\{(.*)\} == 1", expression.strip())
    if found is None:
        return False
    fits = True
    for key, operator, value in re.findall(r'(\w+)(=~|!~|=|!=)"([^"]*)"', found[1]):
        same = re.fullmatch(value, {"name": name, "result": result}[key]) is not None
        fits = fits and same is not operator.startswith("!")
    return fits


def test_each_alert_says_how_bad_it_is_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]


def test_the_documentation_names_each_alert() -> None:
    page = (PROJECT / "docs/verify.md").read_text()
    assert {rule["alert"] for rule in rules()} == set(re.findall(r"`(Dualstack\w+)`", page))


def test_a_series_stands_there_once_whatever_is_asked_twice() -> None:
    twice = [*answers(), *answers(dead="ipv6")]
    lines = [line.rpartition(" ")[0] for *_, line in samples(twice)]
    assert len(lines) == len(set(lines))
    failed = [
        labels for name, labels, line in samples(twice) if labels.get("result") == "failed" and line.endswith(" 1")
    ]
    assert [one["family"] for one in failed] == ["ipv6"]


def test_values_cannot_leave_their_label() -> None:
    hostile = Result(Kind.API, 'a"} 1\nup{x="', "back\\slash", Word.OK, "", "ipv4")
    (first, *_) = samples([hostile])
    assert first[1]["at"] == 'a\\"} 1⏎up{x=\\"'


@pytest.mark.judges
def test_promtool_fires_each(tmp_path: Path) -> None:
    """With Prometheus' own evaluation: each alert on its fault, and none on a healthy site."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool on PATH")
    checked = subprocess.run([program, "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    def series(text: str, values: str) -> dict[str, str]:
        return {"series": text, "values": values}

    where = f'site="{SITE}",at="a",family="ipv6",asked="q"'

    def one(name: str, result: str) -> str:
        return f'dualstack_verify_check{{{where},name="{name}",result="{result}"}}'

    now = f'dualstack_verify_time_seconds{{site="{SITE}"}}'
    end = f'dualstack_verify_certificate_end_seconds{{{where},name="api"}}'
    fresh = series(now, "0+3600x400")
    fine = [series(one("api", "ok"), "1x400"), series(one("api", "failed"), "0x400"), fresh]
    cases: dict[str | None, list[dict[str, str]]] = {
        None: [*fine, series(end, "9999999999x400")],
        "DualstackServiceFailed": [
            *fine[:1], series(one("dns", "ok"), "0x400"), series(one("dns", "failed"), "1x400"), fresh
        ],
        "DualstackCheckFailed": [*fine, series(one("redfish", "failed"), "1x400")],
        "DualstackFamilyDown": [
            series(one("machine", "ok"), "0x400"), series(one("machine", "failed"), "1x400"), fresh
        ],
        "DualstackPending": [*fine, series(one("machine", "pending"), "1x400")],
        "DualstackFamilyNotChecked": [
            series(one("api", "not checkable"), "1x400"), series(one("api", "ok"), "0x400"), fresh
        ],
        "DualstackCertificateEnds": [*fine, series(end, "1100000x400")],
        "DualstackNobodyLooks": [*fine[:2], series(now, "0x400")],
        "DualstackNoMetrics": [],
    }  # fmt: skip
    names = [rule["alert"] for rule in rules()]
    assert set(names) == set(cases) - {None}
    for case, given in cases.items():
        # Nothing is expected to fire: what fails the test is what fires.
        silent = [{"eval_time": "200h", "alertname": name, "exp_alerts": []} for name in names]
        test = {"interval": "1h", "input_series": given, "alert_rule_test": silent}
        file = tmp_path / "test.yml"
        file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1h", "tests": [test]}))
        done = subprocess.run([program, "test", "rules", file], capture_output=True, text=True, check=False)
        fired = set(re.findall(r"alertname: (\w+), time", done.stdout + done.stderr))
        assert bool(fired) is bool(done.returncode), done.stdout + done.stderr
        wanted = set() if case is None else {case}
        if case == "DualstackFamilyDown":
            wanted.add("DualstackCheckFailed")
        assert fired == wanted, case
