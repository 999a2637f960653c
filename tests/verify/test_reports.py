"""Reports in files: whole or not at all, in a form that others read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from dualstack.cli.reports import Reports
from dualstack.errors import InputError
from dualstack.verify.model import Kind, Result, Word
from tests.status.samples import answers


def test_both_are_written_and_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Reports(tmp_path / "verify.xml", tmp_path / "paris.prom")
    files.write("paris", answers())
    first = (tmp_path / "paris.prom").read_text()
    assert first.endswith("\n")
    seen: list[list[str]] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        # An exporter that looks now finds the whole file of before.
        seen.append(sorted(path.name for path in tmp_path.glob("*.prom")))
        assert (tmp_path / "paris.prom").read_text() == first
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    Reports(prometheus=tmp_path / "paris.prom").write("paris", answers(dead="ipv6"))

    assert seen == [["paris.prom"]]
    assert 'result="failed"} 1' in (tmp_path / "paris.prom").read_text()
    root = ElementTree.fromstring((tmp_path / "verify.xml").read_bytes())
    assert sum(int(suite.attrib["tests"]) for suite in root) == len(answers())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paris.prom", "verify.xml"]


def test_what_cannot_be_xml_is_written_out(tmp_path: Path) -> None:
    said = "a\x00b\x1b[31m\ufffe<&>\"'"
    results = [Result(Kind.API, said, said, word, said, "ipv4", said, said) for word in Word]
    Reports(junit=tmp_path / "verify.xml").write("paris", results)
    root = ElementTree.fromstring((tmp_path / "verify.xml").read_bytes())
    assert [len(root.findall(f".//{name}")) for name in ("failure", "skipped", "testcase")] == [1, 2, 4]


def test_what_is_no_text_is_written_out_for_the_exporter_too(tmp_path: Path) -> None:
    """JSON may hold half a character, which no file takes."""
    half = Result(Kind.API, "a\ud800\rb", "TLS", Word.OK, "well")
    Reports(prometheus=tmp_path / "paris.prom").write("paris", [half])
    assert 'at="a\\\\ud800\\\\rb"' in (tmp_path / "paris.prom").read_text()


def test_a_file_that_no_exporter_takes_is_refused_before_anybody_is_asked() -> None:
    with pytest.raises(InputError) as caught:
        Reports(prometheus=Path("metrics/paris.txt")).check()
    assert caught.value.fix == "name it paris.prom"


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        Reports(prometheus=tmp_path / "file/paris.prom").write("paris", answers())
