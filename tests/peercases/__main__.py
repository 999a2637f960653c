"""The command: ``python -m tests.peercases FILE [--format json]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.peercases import __doc__ as described
from tests.peercases.compare import compare


def main(arguments: list[str] | None = None) -> int:
    """Print how far the product agrees with the peers; 2 where the file cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.peercases",
        description=described,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="cases, a JSON list as peer-cases.json")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    try:
        compared = compare(json.loads(options.file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 2
    if options.format == "json":
        print(json.dumps(compared.as_json(), indent=2, ensure_ascii=False))
    else:
        print(compared.figure)
        for item in compared.disagreements:
            print(f"{item.id}: expected {item.expected}, got {item.got} ({', '.join(item.rules) or 'no rule'})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
