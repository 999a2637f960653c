"""The ``dualstack`` command."""

from __future__ import annotations

import sys

from dualstack.cli.errors import run_guarded


def main() -> None:
    """Run the command line; the entry point of the package."""
    from dualstack.cli.app import app

    sys.exit(run_guarded(app))
