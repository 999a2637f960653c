"""Differences in words: which case, which text of its answer, and its lines before and after.

The golden answers are digests. The texts before come from the code that wrote them: the commit that last changed the
file of answers, taken from git into a folder of its own.
"""

from __future__ import annotations

import difflib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tests import PROJECT
from tests.goldens.answers import Answer
from tests.goldens.compare import ANSWERS, NEW, Difference, everything
from tests.goldens.corpus import digest

MOST: Final = 30
"""Differences that are shown with their lines; the same difference in many cases is one."""


def _git(*words: str) -> bytes | None:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 and done.stdout else None


def _before(names: Sequence[str]) -> dict[str, Answer]:
    """Return the answers of the code that wrote the golden ones; nothing where git does not have it."""
    commit = _git("log", "-1", "--format=%H", "--", str(ANSWERS.relative_to(PROJECT)))
    archive = _git("archive", commit.decode().strip()) if commit else None
    if archive is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        command = [sys.executable, "-m", "tests.goldens", "texts", *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {}
    answers: dict[str, Answer] = json.loads(done.stdout)
    return answers


def report(found: Iterable[Difference]) -> Iterator[str]:
    """Yield lines that tell differences; the same one in several cases is told once."""
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for one in found:
        groups.setdefault((one.label, one.before, one.after), []).append(one.name)
    shown = list(groups.items())[:MOST]
    asked = everything()
    names = list(dict.fromkeys(names[0] for _, names in shown if names[0] in asked))
    old = _before(names)
    new = {name: asked[name].answer() for name in names}
    for (label, before, after), names in shown:
        name = names[0]
        more = f" and {len(names) - 1} more ({', '.join(names[1:4])}{', ...' if len(names) > 4 else ''})"
        yield f"{name}{more if len(names) > 1 else ''}: {label}"
        if label == NEW:
            yield "  no golden answer yet"
            continue
        text = old.get(name, {}).get(label) if before else ""
        if text is not None and before is not None and digest(text, len(before)) != before:
            text = None
        yield from _lines(text, new[name].get(label, ""), before, after)
    if len(groups) > MOST:
        yield f"... and {len(groups) - MOST} other differences"
    if groups:
        yield 'One case whole: python -m tests.goldens show "NAME". If all of this is meant: make goldens'


def _lines(before: str | None, after: str, *marks: str | None) -> Iterator[str]:
    if before is None:
        yield f"  was {marks[0]}, is {marks[1] or 'gone'} (the code that wrote the golden answers is not to be had)"
        yield from (f"  + {line}" for line in after.splitlines())
        return
    if not marks[0] or not marks[1]:
        sign = "-" if marks[0] else "+"
        yield from (f"  {sign} {line}" for line in (before or after).splitlines()[:12])
        return
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[3:]:
        yield "  ..." if line.startswith("@@") else f"  {line[:1]} {line[1:]}"
