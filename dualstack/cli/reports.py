"""What ``verify`` writes into files beside its answer: a test report, and metrics for a node exporter's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualstack.cli.stackfile import replace_text
from dualstack.errors import InputError

if TYPE_CHECKING:
    from dualstack.verify.model import Result

JunitOption = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write a test report (JUnit's XML) there, too.")
]
PrometheusOption = Annotated[
    Path | None,
    typer.Option(
        "--prometheus", metavar="FILE", help="Write metrics there, too; FILE.prom in a node exporter's folder."
    ),
]


@dataclass(frozen=True, slots=True)
class Reports:
    """Files that are written beside the answer.

    Attributes:
        junit: the test report.
        prometheus: the metrics; a node exporter takes files that end in ``.prom``.
    """

    junit: Path | None = None
    prometheus: Path | None = None

    def check(self) -> None:
        """See that the metrics' file is one that an exporter takes, before anything is asked.

        Raises:
            InputError: it is not.
        """
        if self.prometheus is not None and self.prometheus.suffix != ".prom":
            fix = f"name it {self.prometheus.with_suffix('.prom').name}"
            raise InputError("a node exporter takes only files that end in .prom", file=str(self.prometheus), fix=fix)

    def write(self, site: str, results: Sequence[Result]) -> None:
        """Write them, each beside its place and then renamed: nobody reads half of one.

        Raises:
            InputError: one cannot be written.
        """
        from dualstack.verify.formats import as_junit, as_prometheus

        if self.junit is not None:
            replace_text(self.junit, f'<?xml version="1.0" encoding="UTF-8"?>\n{as_junit(site, results)}\n')
        if self.prometheus is not None:
            replace_text(self.prometheus, f"{as_prometheus(site, results)}\n")
