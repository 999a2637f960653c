"""The ``dualstack`` command."""

from __future__ import annotations

import gc
import os
import sys

from dualstack.cli.errors import run_guarded


def _run() -> None:
    # Start-up time: pydantic would search every installed distribution for plugins, and the collector would walk a heap
    # of modules that only grows.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(1_000_000, 20, 20)
    from dualstack.cli.app import app
    from dualstack.cli.words import narrowed

    narrowed(app, sys.argv[1:])()


def main() -> None:
    """Run the command line; the entry point of the package."""
    sys.exit(run_guarded(_run))
