"""The ``dualstack`` command."""

from __future__ import annotations

import os
import sys

from dualstack.cli.errors import run_guarded
from dualstack.collector import spare_collector

PREFIX = "dualstack-tmp-"
"""That of ``dualstack.scratch``, whose imports most commands do without."""


def _run() -> None:
    # Start-up time: pydantic would search every installed distribution for plugins, and the collector would walk a heap
    # of modules that only grows.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    spare_collector()
    _clear_up()
    from dualstack.cli.app import app
    from dualstack.cli.words import narrowed

    narrowed(app, sys.argv[1:])()


def _clear_up() -> None:
    """Remove the temporary folders that killed commands left; a look at one folder where there is none."""
    try:
        left = any(name.startswith(PREFIX) for name in os.listdir(os.environ.get("TMPDIR") or "/tmp"))  # noqa: PTH208, S108
    except OSError:
        return
    if left:
        from dualstack.scratch import sweep

        sweep()


def main() -> None:
    """Run the command line; the entry point of the package."""
    sys.exit(run_guarded(_run))
