"""The command: ``python -m tests.goldens write [NAME...] | check | show NAME | texts NAME... | corpus FILE``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.goldens.answers import findings
from tests.goldens.compare import differences, everything, sampled, write_answers
from tests.goldens.corpus import CORPUS, read_corpus, shape_of, write_corpus
from tests.goldens.report import report

ALIKE = 1
"""Cases of one shape that the corpus keeps."""


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; 1 where golden answers differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.goldens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="write golden answers again, all or those that are named")
    write.add_argument("names", nargs="*")
    check = commands.add_parser("check", help="compare all answers with the golden ones")
    check.add_argument("--quick", action="store_true", help="the sample that the tests look at")
    commands.add_parser("show", help="print one case and what the product says of it").add_argument("name")
    commands.add_parser("texts", help="answers as JSON, of the cases that there are").add_argument("names", nargs="+")
    corpus = commands.add_parser("corpus", help="make the corpus from what DUALSTACK_RECORD=FILE kept")
    corpus.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "write":
        print(f"{write_answers(options.names)} golden answers")
        return 0
    if options.command == "check":
        names = sampled() if options.quick else list(everything())
        told = list(report(differences(names)))
        print("\n".join(told) if told else f"{len(names)} answers are the golden ones")
        return bool(told)
    if options.command == "show":
        return _show(options.name)
    if options.command == "texts":
        asked = everything()
        json.dump({name: asked[name].answer() for name in options.names if name in asked}, sys.stdout)
        return 0
    print(f"{_choose(options.file)} cases")
    return 0


def _show(name: str) -> int:
    from dualstack.document.yamlio import dump

    asked = everything()
    if name not in asked:
        print(f"nothing is called {name}: stack demo, good address, site 0123456789ab and their like", file=sys.stderr)
        return 2
    if case := read_corpus().get(name.partition(" ")[2]):
        print(dump(case))
    for label, text in asked[name].answer().items():
        print(f"==> {label}\n{text}")
    return 0


def _choose(file: Path) -> int:
    """Write the corpus: of what was kept, and of what is in it, some of each shape."""
    with file.open(encoding="ascii") as stream:
        cases = [json.loads(line) for line in stream]
    old = list(read_corpus().values()) if CORPUS.exists() else []
    shapes: dict[str, int] = {}
    chosen = []
    for case in (*old, *cases):
        shape = shape_of(case, findings(case))
        if shapes.setdefault(shape, 0) < ALIKE:
            shapes[shape] += 1
            chosen.append(case)
    write_corpus(chosen)
    return len(chosen)


if __name__ == "__main__":
    sys.exit(main())
