"""The policies over the recorded program, and what they say as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dualstack.answer.style import Style, counted
from dualstack.check.checked import Checked
from dualstack.check.sites import site_name
from dualstack.document.origins import format_path
from dualstack.policies import Verdict, config_of, judge, recorded
from dualstack.policies.model import Level
from dualstack.record import record_site
from dualstack.stack.project import site_file


def judged_sites(project: Path, sites: Iterable[Checked], names: Iterable[str]) -> dict[str, Verdict | None]:
    """Run the program of each site without an engine, and the policies over it.

    Args:
        project: the project's folder.
        sites: the sites.
        names: what the command line calls them: names, or paths of stack files.

    Returns:
        By site what the policies say; None where errors stop the program.

    Raises:
        InputError: the program is not there, Pulumi's SDK is not installed, or the program failed.
    """
    files = {site_name(file): file for file in (site_file(project, name) for name in names)}
    verdicts: dict[str, Verdict | None] = {}
    for checked in sites:
        verdicts[checked.name] = None
        if not checked.failed:
            recording = record_site(project, checked.name, files[checked.name])
            verdicts[checked.name] = judge(recorded(recording), config_of(checked))
    return verdicts


def verdicts_text(verdicts: Mapping[str, Verdict | None], style: Style) -> str:
    """Return what the policies say of several sites."""
    return "\n".join(
        verdict_text(verdict, style, f"{style(name, 'bold')}: ")
        if verdict is not None
        else f"  {name}: policies not run, the program stops at errors"
        for name, verdict in verdicts.items()
    )


def verdict_text(verdict: Verdict, style: Style, site: str = "") -> str:
    """Return what the policies say, each violation in three lines; what could not be looked at takes one line each."""
    stopping = sum(item.level is not Level.ADVISORY for item in verdict.violations)
    advice = len(verdict.violations) - stopping
    told = [
        *([f"{counted(stopping, 'violation')} of mandatory ones"] if stopping else []),
        *([f"{counted(advice, 'violation')} of advisory ones"] if advice else []),
    ]
    mark = style("✗", "red") if verdict.failed else style("✓", "green")
    head = f"{verdict.policies} policies, {', '.join(told) or 'none violated'}"
    lines = [f"{mark} {site}{head} ({counted(verdict.resources, 'resource')})"]
    for item in verdict.violations:
        colour = "yellow" if item.level is Level.ADVISORY else "red"
        place = style(format_path((item.given.name, *item.finding.path)), "bold")
        lines.append(
            f"{style(item.level.value, colour, 'bold')} {place}: {item.finding.message}; {item.finding.fix}\n"
            f"  {item.finding.consequence}\n  {style(f'{item.policy.id}  {item.given.type}', 'dim')}"
        )
    for one in verdict.unchecked:
        ids = ", ".join(item.partition("-")[0] for item in one.policies)
        lines.append(style(f"  not checked: {format_path((one.given.name, *one.path))}: {one.why} ({ids})", "dim"))
    return "\n".join(lines)
