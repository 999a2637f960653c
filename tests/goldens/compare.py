"""Golden answers on disk, and what differs from them.

``answers.json`` has a line a case: its name, and the digest of each text of its answer by label. A site's line holds
only what differs from the good site of its mode (null: has no such text), which has a line of its own: a change that
all sites share changes one line.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from traceback import format_exc
from typing import Final

from dualstack.releases import RELEASES
from dualstack.stack.project import list_sites
from tests import PROJECT
from tests.goldens.answers import Answer, answer, peer_answer, stack_answer
from tests.goldens.corpus import HERE, Case, digest, read_corpus
from tests.sites import SECRETS, mapping

ANSWERS: Final = HERE / "answers.json"
OWN: Final = PROJECT / "tests" / "peercases" / "cases.json"
PEERS: Final = PROJECT.parent / "shared" / "cases" / "peer-cases.json"

Digests = dict[str, str]
Stored = dict[str, dict[str, str | None]]

NEW: Final = "golden answer"
"""In place of a label: there is no golden answer to compare with."""

_MODES: Final = ("address", "hostname")
_QUICK: Final = 8
"""The tests look at one in so many cases of the corpus; the command looks at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that has an answer."""

    name: str
    """``good <mode>``, ``release <name> <mode>``, ``stack <name>``, ``peer <id>``, ``site`` or ``resources <key>``."""
    ask: Callable[[], Answer]
    like: str = ""
    """Name of what its line is written relative to."""

    def answer(self) -> Answer:
        """Return the answer; that the product fails at it is one, too."""
        try:
            return self.ask()
        except Exception:
            return {"fails": "".join(format_exc().splitlines(keepends=True)[-4:])}


def known_stacks(project: Path) -> list[str]:
    """Return the stacks that git knows: one that a person just made to try it out has no golden answer."""
    command = ["git", "-C", str(project), "ls-files", "--others", "-z", "--", "stacks"]
    strangers = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\0")
    return [name for name in list_sites(project) if f"stacks/Pulumi.{name}.yaml" not in strangers]


@cache
def everything() -> dict[str, Asked]:
    """Return all that has an answer, by name; the peers' cases only where they are at hand."""
    asked = [Asked(f"good {mode}", lambda mode=mode: answer(_good(mode))) for mode in _MODES]  # type: ignore[misc]
    for release, mode in itertools.product(RELEASES, _MODES):
        ask = partial(answer, _good(mode, release))
        asked.append(Asked(f"release {release} {mode}", ask, f"good {mode}"))
    asked += [Asked(f"stack {name}", lambda name=name: stack_answer(name)) for name in known_stacks(PROJECT)]  # type: ignore[misc]
    for file in (OWN, PEERS):
        for case in json.loads(file.read_text(encoding="utf-8")) if file.exists() else ():
            asked.append(Asked(f"peer {case['id']}", lambda case=case: peer_answer(case)))  # type: ignore[misc]
    for key, case in read_corpus().items():
        mode = case.get("site", {}).get("mode")
        like = f"good {mode}" if mode in _MODES else ""
        name = f"{'site' if 'site' in case else 'resources'} {key}"
        asked.append(Asked(name, lambda case=case: answer(case), like))  # type: ignore[misc]
    return {one.name: one for one in asked}


def sampled() -> list[str]:
    """Return the names of what the tests look at: all but the corpus, and a sample of that."""
    names = everything()
    return [name for name in names if not name.startswith(("site ", "resources ")) or _is_quick(name)]


def _is_quick(name: str) -> bool:
    return int(name.split()[1][:4], 16) % _QUICK == 0


def _good(mode: str, release: str = "") -> Case:
    return {"site": mapping(mode, **({"release": release} if release else {})), "secrets": list(SECRETS), "config": {}}


def read_answers() -> dict[str, Digests]:
    """Return the digests of all golden answers."""
    stored: Stored = json.loads(ANSWERS.read_text(encoding="utf-8"))
    asked = everything()

    def whole(name: str) -> Digests:
        like = asked[name].like if name in asked else ""
        below: Mapping[str, str | None] = whole(like) if like else {}
        return {label: value for label, value in {**below, **stored[name]}.items() if value is not None}

    return {name: whole(name) for name in stored}


def digests(name: str) -> Digests:
    """Return the digest of each text of an answer."""
    return {label: digest(text, 6) for label, text in everything()[name].answer().items()}


def write_answers(names: Iterable[str] = ()) -> int:
    """Write golden answers again, and return how many there are.

    Args:
        names: which; none means all. Those of the peers' cases stay where the cases are not at hand.
    """
    kept: Stored = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    wanted = set(names)
    before = read_answers() if wanted else {}
    kept_as_is = before.keys() - wanted
    found = {name: before[name] if name in kept_as_is else digests(name) for name in everything()}
    stored: Stored = {name: value for name, value in kept.items() if name.startswith("peer ")}
    for name, asked in everything().items():
        if name in kept_as_is and found.get(asked.like) == before.get(asked.like):
            stored[name] = kept[name]
            continue
        below = found[asked.like] if asked.like else {}
        gone = dict.fromkeys(below.keys() - found[name].keys())
        changed = {label: value for label, value in found[name].items() if below.get(label) != value}
        stored[name] = {**dict(sorted(gone.items())), **changed}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(stored[name], ensure_ascii=False)}" for name in sorted(stored))
    ANSWERS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return len(stored)


@dataclass(frozen=True, slots=True)
class Difference:
    """One text of an answer that is another one now; digests, None where there is none."""

    name: str
    label: str
    before: str | None
    after: str | None


def differences(names: Iterable[str]) -> Iterator[Difference]:
    """Compare answers with the golden ones.

    Args:
        names: what to compare; those without a golden answer are told as such.
    """
    golden = read_answers()
    for name in names:
        if name not in golden:
            yield Difference(name, NEW, None, None)
            continue
        before, after = golden[name], digests(name)
        for label in dict.fromkeys((*before, *after)):
            if before.get(label) != after.get(label):
                yield Difference(name, label, before.get(label), after.get(label))
