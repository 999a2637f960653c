"""``dualstack plan --format html``: the plan as one page that needs no script, no font and no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from dualstack.answer.pages import page_environment
from dualstack.check.checked import Checked
from dualstack.diff.escape import visible
from dualstack.diff.snapshot import network_json
from dualstack.diff.svg import svg
from dualstack.document.origins import format_path
from dualstack.plan.model import Plan
from dualstack.policies import Verdict


def html(checked: Checked, plan: Plan, tables: Sequence[tuple[str, Table]], verdict: Verdict | None) -> str:
    """Give the page.

    Args:
        checked: the site, its secrets in clear behind marks.
        plan: its plan.
        tables: what is told in tables, with titles.
        verdict: what the policies say; None where errors stop the program.
    """
    environment = page_environment(Path(__file__).parent)
    environment.filters |= {"visible": visible, "path": format_path}
    drawn = svg(None, network_json(plan))
    return environment.get_template("page.html.j2").render(
        checked=checked,
        plan=plan,
        picture=drawn,
        tables=[(title, [str(column.header) for column in table.columns], _rows(table)) for title, table in tables],
        verdict=verdict,
    )


def _rows(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True))
