"""What a run leaves to a hand: which files, with which word, and never for what the run itself brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualstack.answer.style import Style
from dualstack.check.checked import check_site
from dualstack.cli.outcome import closing
from dualstack.day2 import Word
from dualstack.deploy.pending import pending
from dualstack.deploy.progress import Change, Progress
from dualstack.deploy.properties import Property
from dualstack.deploy.review import preview_markdown
from dualstack.deploy.session import Operation, Result
from dualstack.stack.layers import resolve_mapping
from dualstack.tokens import DIRECTORY
from tests.sites import SECRETS, mapping

SERVER = "kubernetes/config/server.yaml"


def site(tmp_path: Path, **changes: Any) -> Any:
    return check_site("paris", resolve_mapping(tmp_path, mapping(**changes), SECRETS))


def written(file: str, old: str, new: str, op: str = "update") -> Change:
    path = f'files["{file}"].content'
    urn = f"urn:pulumi:paris::dualstack::{DIRECTORY}::d"
    return Change(op, DIRECTORY, "d", urn, [path], properties=[Property(path, "update", False, old, new)])


@pytest.mark.parametrize(
    ("file", "old", "new", "word"),
    [
        (SERVER, "cluster-cidr: a\ndebug: true\n", "cluster-cidr: b\ndebug: true\n", Word.REBUILD),
        (SERVER, "tls-san:\n- a\n", "tls-san:\n- a\n- b\n", Word.BY_HAND),
        ("definition.yaml", "a", "b", Word.BY_HAND),
        ("network/mgmt-1.yaml", "a", "b", Word.OUTAGE),
        ("kubernetes/helm/values/rancher.yaml", "a", "b", Word.BY_HAND),
    ],
)
def test_by_file(tmp_path: Path, file: str, old: str, new: str, word: Word) -> None:
    (one,) = pending(site(tmp_path), [written(file, old, new)])
    assert (one.file, one.told.word) == (file, word)


def test_what_up_does_is_not_pending(tmp_path: Path) -> None:
    built = {"host": {"kind": "libvirt"}, "image": {"build": "local"}}
    assert pending(site(tmp_path, **built), [written("definition.yaml", "a", "b")]) == []
    sent = [written("kubernetes/helm/values/rancher.yaml", "a", "b")]
    assert pending(site(tmp_path, day2="helmchartconfig"), sent) == []
    assert pending(site(tmp_path), [written("custom/scripts/50-x.sh", "a", "b")]) == []
    assert pending(site(tmp_path), [written("definition.yaml", "", "b", op="create")]) == []


def test_it_is_told_at_the_end(tmp_path: Path) -> None:
    progress = Progress(lambda _: None)
    progress.changes = [written("definition.yaml", "a", "b"), written(SERVER, "cluster-cidr: a", "cluster-cidr: b")]
    progress.counts = {"update": 1}
    checked = site(tmp_path)
    said = "\n".join(closing(checked, Operation.UP, progress, Result(), Style(False), tmp_path))
    assert said.index(f"pending {SERVER}  rebuild: fixed") < said.index("pending definition.yaml  by hand")
    failed = closing(checked, Operation.UP, progress, Result("the image is not built"), Style(False), tmp_path)
    assert f"pending {SERVER}  rebuild: fixed" in "\n".join(failed)
    made = preview_markdown(checked, progress, None)
    assert "#### Not by `up`" in made
    assert f"| **rebuild** | `{SERVER}` |" in made


def test_a_preview_says_what_up_will_leave_to_others(tmp_path: Path) -> None:
    progress = Progress(lambda _: None)
    progress.changes = [written("definition.yaml", "a", "b"), written("os-files/etc/dualstack/site.json", "a", "b")]
    progress.counts = {"update": 1}
    said = list(closing(site(tmp_path), Operation.PREVIEW, progress, Result(), Style(False), tmp_path))
    assert [line for line in said if line.startswith("  not by up: definition.yaml  by hand: ")]
    assert "site.json" not in "\n".join(said)
