"""``dualstack verify``: a site's servers and names are asked, over each family."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

from dualstack.address.family import LABEL
from dualstack.check import Checked
from dualstack.cli.common import VerifyFormat, print_json
from dualstack.cli.errors import AnsweredError
from dualstack.cli.progress import ProgressLine
from dualstack.errors import InputError
from dualstack.style import Style, counted
from dualstack.verify.model import Result, Way, Word

_COLOURS = {
    Word.OK: ("green",),
    Word.FAILED: ("red", "bold"),
    Word.PENDING: ("cyan",),
    Word.NOT_CHECKABLE: ("yellow",),
}
_BREAKS = {Word.PENDING: "meanwhile"}
_FIX = {Word.PENDING: "to do", Word.NOT_CHECKABLE: "checkable"}


def verify_site(checked: Checked, only: Sequence[str], output: VerifyFormat, minutes: float) -> None:
    """Ask, print the results, and end with their exit code.

    Raises:
        InputError: nothing could be asked.
    """
    plan = checked.plan
    if plan is None:
        return
    for module in ("dns", "cryptography"):
        if importlib.util.find_spec(module) is None:
            raise InputError(f"verify needs the Python package that holds {module}", fix="install dualstack[verify]")
    from dualstack.verify.formats import as_json, as_junit, as_prometheus
    from dualstack.verify.run import all_checks, exit_code, parse_only, verify

    kinds, families = parse_only(only)
    wanted = [
        check
        for check in all_checks(plan)
        if check.kind in kinds and (check.family is None or check.family in families)
    ]
    if not wanted:
        what = " and ".join(only) or "anything to ask"
        raise InputError(
            f"the plan of {checked.name} has nothing of {what}", fix="see dualstack plan, or leave out --only"
        )
    with ProgressLine() as progress:
        results = verify(wanted, families, Way(), progress.checks, minutes * 60)
    if output is VerifyFormat.JSON:
        print_json(as_json(checked.name, results))
    elif output is VerifyFormat.JUNIT:
        print(as_junit(checked.name, results))
    elif output is VerifyFormat.PROMETHEUS:
        print(as_prometheus(checked.name, results))
    else:
        print(text(checked.name, results, Style.of(sys.stdout)))
    raise AnsweredError(exit_code(results))


def text(site: str, results: Sequence[Result], style: Style) -> str:
    """Give the results to a person: a line each, with what to do below those that are not fine, and the sum."""
    width = max((len(result.at) for result in results), default=0)
    lines: list[str] = []
    for result in results:
        word = style(f"{result.word.value:13}", *_COLOURS[result.word])
        family = LABEL[result.family] if result.family else ""
        lines.append(f"{word} {result.kind.value:10} {family:4} {result.at:{width}} {result.asked}: {result.seen}")
        if result.consequence:
            breaks = _BREAKS.get(result.word, "breaks")
            lines.append(f"{'':14}{breaks}: {result.consequence}" + (f" ({result.rule})" if result.rule else ""))
        if result.fix:
            day2 = f"{result.day2.text}: " if result.day2 is not None else ""
            lines.append(f"{'':14}{_FIX.get(result.word, 'fix')}: {day2}{result.fix}")
    told = [f"{sum(result.word is word for result in results)} {word.value}" for word in Word]
    lines.append(style(f"{site}: {counted(len(results), 'check')}: {', '.join(told)}", "bold"))
    return "\n".join(lines)
