"""What every run of the tests ends with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Support ends on some day: no test may begin to fail on it. What a test starts gets it, too.
os.environ.setdefault("DUALSTACK_TODAY", "2026-11-01")

if "DUALSTACK_RECORD" in os.environ:
    # Before any test imports the doors by name.
    from tests.goldens.recorder import start

    start(Path(os.environ["DUALSTACK_RECORD"]))

PEER_CASES = "peer cases"
"""The property in which a test keeps the comparison's figure: with xdist only reports reach the process that prints."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how far the product agrees with the peers' cases, or why it was not compared."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    told = (value for report in reports for name, value in getattr(report, "user_properties", ()) if name == PEER_CASES)
    for figure in dict.fromkeys(told):
        terminalreporter.write_line(f"{PEER_CASES}: {figure}")
