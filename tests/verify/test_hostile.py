"""Answers that nobody expects: they hide nothing of what other checks told, and say nothing in their own name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dualstack.address.family import FAMILIES
from dualstack.answer.style import Style
from dualstack.cli.verify import text
from dualstack.kubeconfig import KubeconfigError
from dualstack.verify.cluster.access import from_file
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.run import verify

SECRET = "tokens-own-text"
FINE = Result(Kind.API, "192.0.2.1:6443", "TLS", Word.OK, "well")


def test_an_answer_that_no_check_bears_leaves_the_others_results() -> None:
    def broken(_way: Way) -> Sequence[Result]:
        raise TypeError(f"{SECRET} is no list")

    checks = [Check(Kind.REDFISH, None, broken), Check(Kind.API, None, lambda _way: [FINE])]
    results = verify(checks, FAMILIES, Way(), lambda *_: None)
    assert [(result.kind, result.word) for result in results] == [(Kind.REDFISH, Word.FAILED), (Kind.API, Word.OK)]
    assert SECRET not in str(results)


def test_no_answer_makes_a_line_of_its_own() -> None:
    seen = "floppy\nok            api  192.0.2.1:6443 TLS: well\x1b[2J\u202e"
    (line, total) = text(
        "site", [Result(Kind.REDFISH, "x\ry", "drive", Word.OK, seen)], Style(colour=False)
    ).splitlines()
    assert line.isprintable() and total.startswith("site: 1 check")


def test_a_token_of_two_lines_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
        "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        f'users: [{{name: u, user: {{token: "a\\n{SECRET}"}}}}]\n'
    )
    with pytest.raises(KubeconfigError) as told:
        from_file(file)
    assert "no token" in str(told.value) and SECRET not in str(told.value)
