"""What ends a command early, told to a person or to a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from itertools import pairwise

from dualstack.errors import InputError

FINE, FINDINGS, UNREADABLE = 0, 1, 2
"""Exit codes: fine; findings of severity error; input that cannot be read."""
BROKEN_PIPE = 141
"""What a shell gives for SIGPIPE: whoever read the output has gone."""


def wants_json(arguments: list[str]) -> bool:
    """Tell whether the command line asks for JSON, also where it could not be parsed yet."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def error_json(error: InputError) -> str:
    """Give an error as the one JSON document of an answer."""
    return json.dumps({"version": 1, "error": error.as_dict()}, ensure_ascii=False)


def run_guarded(app: Callable[[], object]) -> int:
    """Run the Typer app; input that cannot be read ends with exit code 2 and no traceback."""
    try:
        app()
    except InputError as error:
        if wants_json(sys.argv[1:]):
            print(error_json(error))
        else:
            print(f"dualstack: {error}", file=sys.stderr)
        return UNREADABLE
    except BrokenPipeError:
        # Python would complain again when it closes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return FINE
