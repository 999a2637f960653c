"""The golden answers hold: a sample here, all of them with ``make goldens-check``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.goldens import compare, recorder
from tests.goldens.compare import Difference, differences, everything, read_answers, sampled
from tests.goldens.corpus import CORPUS, digest, from_given, key_of, read_corpus, to_given
from tests.goldens.report import report
from tests.policy import stacks

PARTS = 4
"""So that several processes share the work."""


@pytest.mark.parametrize("part", range(PARTS))
def test_answers_are_the_golden_ones(part: int) -> None:
    told = "\n".join(report(differences(sampled()[part::PARTS])))
    assert not told, told


def test_everything_has_a_golden_answer() -> None:
    missing = everything().keys() - read_answers().keys()
    assert not missing, "make goldens"
    gone = [name for name in read_answers().keys() - everything().keys() if not name.startswith("peer ")]
    assert not gone, "make goldens"


def test_a_stack_that_git_does_not_know_needs_none(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: dualstack\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    for name in ("known", "new"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config:\n  dualstack:site: {}\n")
    assert compare.known_stacks(tmp_path) == ["known", "new"]
    for words in (["init", "-q"], ["add", "stacks/Pulumi.known.yaml"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    assert compare.known_stacks(tmp_path) == ["known"]


def test_the_sample_has_sites_resources_stacks_and_peers() -> None:
    kinds = {name.split()[0] for name in sampled()}
    assert kinds == {"good", "release", "stack", "peer", "site", "resources"}
    assert len(sampled()) < len(everything()) / 2


def test_a_difference_names_case_text_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.goldens.report._before", lambda names: {})
    asked = everything()["good address"]
    digests = compare.digests(asked.name)
    label = next(label for label in digests if label.startswith("file kubernetes/config"))
    golden = {**read_answers(), asked.name: {**digests, label: "000000"}}
    monkeypatch.setattr(compare, "read_answers", lambda: golden)
    assert list(differences([asked.name])) == [Difference(asked.name, label, "000000", digests[label])]
    told = list(report(differences([asked.name])))
    assert told[0] == f"good address: {label}"
    assert "was 000000, is" in told[1]
    assert any(line.startswith("  + cluster-cidr: ") for line in told)


def test_a_difference_shows_what_stood_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = everything()["good address"]
    now = asked.answer()
    label = "plan kubernetesVersion"
    old = {**now, label: '"v1.2.3"'}
    monkeypatch.setattr("tests.goldens.report._before", lambda names: {asked.name: old})
    before = digest(old[label], 6)
    told = list(report([Difference(name, label, before, "1") for name in (asked.name, "stack demo", "peer PC001")]))
    assert told[:3] == [
        f"good address and 2 more (stack demo, peer PC001): {label}",
        '  - "v1.2.3"',
        f"  + {now[label]}",
    ]


def test_that_the_product_fails_is_an_answer() -> None:
    asked = compare.Asked("site x", lambda: {"a": str(1 // 0)})
    assert "ZeroDivisionError" in asked.answer()["fails"]


def test_the_corpus_is_small_and_each_case_stands_once() -> None:
    assert CORPUS.stat().st_size < 500_000
    assert compare.ANSWERS.stat().st_size < 1_000_000
    assert all(key_of(case) == key for key, case in read_corpus().items())


def test_resources_are_kept_whole() -> None:
    for given in stacks.givens(stacks.good()):
        assert to_given(from_given(given)) == given


def test_what_is_given_to_the_doors_is_kept_once(tmp_path: Path) -> None:
    keeper = recorder.Recorder(tmp_path / "kept")
    keeper.keep({"site": {"a": 1}})
    keeper.keep({"site": {"a": 1}})
    keeper.keep({"site": {"a": "x" * recorder.MOST}})
    keeper.keep({"site": {"a": {1, 2}}})
    assert (tmp_path / "kept").read_text() == '{"site": {"a": 1}}\n'
