"""What ends a command early, told to a person or to a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from dualstack.cli.streams import plain_streams
from dualstack.errors import InputError, UnexpectedError

FINE, UNREADABLE = 0, 2
"""Exit codes: fine; input that cannot be read, or output that cannot be written. Errors that were found give 1."""
INTERRUPTED, BROKEN_PIPE = 130, 141
"""What a shell gives for SIGINT and SIGPIPE: somebody stopped it, or whoever read the output has gone."""


class AnsweredError(SystemExit):
    """An exit code whose reason stands in the answer already."""


def wants_json(arguments: list[str]) -> bool:
    """Tell whether the command line asks for JSON, also where it could not be parsed yet."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def error_json(error: InputError) -> str:
    """Give an error as the one JSON document of an answer."""
    return json.dumps({"version": 1, "error": error.as_dict()}, ensure_ascii=False)


def tell(message: str) -> None:
    """Print a line for a person, beside the answer."""
    print(f"dualstack: {message}", file=sys.stderr, flush=True)


def run_guarded(run: Callable[[], object]) -> int:
    """Run the command line; whatever ends it gives an exit code and a line, never a traceback."""
    _keep_writing()
    with plain_streams():
        return _guarded(run)


def _guarded(run: Callable[[], object]) -> int:
    try:
        code = _answered(run)
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except KeyboardInterrupt:
        tell("stopped")
        code = INTERRUPTED
    except OSError as error:
        tell(f"the output cannot be written: {error.strerror or error}")
        code = UNREADABLE
    if code in (BROKEN_PIPE, UNREADABLE):
        _give_up_output()
    return code


def _answered(run: Callable[[], object]) -> int:
    try:
        run()
    except InputError as error:
        return _told(error)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else FINE
        # Typer tells a wrong command line on stderr; a program that asked for JSON waits for its document.
        if code == UNREADABLE and not isinstance(stop, AnsweredError) and wants_json(sys.argv[1:]):
            print(error_json(InputError("the command line is wrong, see stderr", fix="see dualstack --help")))
        return code
    except OSError:
        raise
    except Exception as error:
        return _told(UnexpectedError(error))
    return FINE


def _told(error: InputError) -> int:
    if wants_json(sys.argv[1:]):
        print(error_json(error))
    else:
        tell(str(error))
    return UNREADABLE


def _keep_writing() -> None:
    """Let text that a stream's encoding lacks come out escaped: an answer must not depend on the locale."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _give_up_output() -> None:
    """Keep Python from complaining again when it closes a stream that cannot be written."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
