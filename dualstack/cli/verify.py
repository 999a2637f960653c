"""``dualstack verify``: a site's servers, names and cluster are asked, over each family."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dualstack.address.family import LABEL
from dualstack.answer.style import Style, counted
from dualstack.check.checked import Checked
from dualstack.cli.common import From, VerifyFormat, print_json
from dualstack.cli.errors import AnsweredError
from dualstack.cli.packages import need_packages
from dualstack.cli.progress import ProgressLine
from dualstack.cli.reports import Reports
from dualstack.diff.escape import visible
from dualstack.errors import InputError
from dualstack.plan.model import Plan
from dualstack.verify.model import SECONDS, Check, Result, Way, Word
from dualstack.verify.places import Here, JumpHost, Place

if TYPE_CHECKING:
    from dualstack.verify.run import Compare

_COLOURS = {
    Word.OK: ("green",),
    Word.FAILED: ("red", "bold"),
    Word.PENDING: ("cyan",),
    Word.NOT_CHECKABLE: ("yellow",),
}
_BREAKS = {Word.PENDING: "meanwhile"}
_FIX = {Word.PENDING: "to do", Word.NOT_CHECKABLE: "checkable"}


@dataclass(frozen=True)
class How:
    """What is asked for.

    Attributes:
        only: kinds and families, all where empty.
        output: how to answer.
        minutes: in which to ask again.
        start: where connections begin.
        days: before a certificate's end from which it is a fault.
        secrets: from files, by config key.
        with_secrets: whether the Pulumi CLI is asked for the others.
        reports: files that are written beside the answer.
        kubeconfig: the way to the cluster; None for the site's own.
    """

    only: Sequence[str]
    output: VerifyFormat
    minutes: float
    start: From
    days: int
    secrets: Mapping[str, str]
    with_secrets: bool
    reports: Reports
    kubeconfig: Path | None = None


def verify_site(project: Path, checked: Checked, how: How) -> None:
    """Ask, print the results, and end with their exit code.

    Raises:
        InputError: nothing could be asked, or a report cannot be written.
    """
    how.reports.check()
    plan = checked.plan
    if plan is None:
        return
    need_packages("verify")
    from dualstack.cli.verify_access import cluster_of
    from dualstack.verify.clusters import comparing
    from dualstack.verify.run import all_checks

    secrets = _secrets(project, checked.name, plan, how)
    cluster = cluster_of(checked, how.kubeconfig, secrets)
    checks = [*all_checks(plan, secrets), *cluster.checks()]
    with _place(plan, how.start, secrets) as place:
        compare = comparing(plan, cluster.authority)
        _asked(checked.name, checks, cluster.begin, compare, place, how)


def verify_cluster(how: How) -> None:
    """Look at a cluster of which there is no site; else as ``verify_site``.

    Raises:
        InputError: there is no kubeconfig that can be read, nothing could be asked, or a report cannot be written.
    """
    how.reports.check()
    if how.kubeconfig is None:
        raise InputError("no site is named", fix="name one, or give --kubeconfig FILE to judge a cluster by itself")
    if how.start is not From.HERE or how.secrets or how.with_secrets:
        fix = "name the site, or leave --from, --secret and --with-secrets out"
        raise InputError("without a site there is no jump host, and no stack with secrets", fix=fix)
    need_packages("verify")
    from dualstack.cli.verify_access import any_cluster

    name, cluster = any_cluster(how.kubeconfig)
    _asked(name, list(cluster.checks()), cluster.begin, list, Here(), how)


def _asked(
    name: str, checks: Sequence[Check], begin: Callable[[Way], None], compare: Compare, place: Place, how: How
) -> None:
    """Ask what is wanted, tell what came of it, and end with the exit code."""
    from dualstack.verify.formats import as_json, as_junit, as_prometheus
    from dualstack.verify.run import exit_code, parse_only, verify

    kinds, families = parse_only(how.only)
    wanted = [check for check in checks if check.kind in kinds and (check.family is None or check.family in families)]
    if not wanted:
        what = " and ".join(how.only) or "anything to ask"
        raise InputError(f"there is nothing of {what} at {name}", fix="see dualstack plan, or leave out --only")
    with ProgressLine() as progress:
        way = Way(place=place, days=how.days)
        results = verify(wanted, families, way, progress.checks, how.minutes * 60, compare, begin)
    how.reports.write(name, results)
    output = how.output
    if output is VerifyFormat.JSON:
        print_json(as_json(name, results))
    elif output is VerifyFormat.JUNIT:
        print(as_junit(name, results))
    elif output is VerifyFormat.PROMETHEUS:
        print(as_prometheus(name, results))
    else:
        print(text(name, results, Style.of(sys.stdout)))
    raise AnsweredError(exit_code(results))


def _secrets(project: Path, site: str, plan: Plan, how: How) -> dict[str, str]:
    """Give what is at hand of the secrets that checks can use."""
    from dualstack.cli.secrets import from_cli
    from dualstack.verify.logins import secret_keys

    keys = secret_keys(plan)
    secrets = {key: value for key, value in how.secrets.items() if key in keys}
    if strangers := sorted(set(how.secrets) - keys):
        known = f"name one of {', '.join(sorted(keys))}" if keys else "leave it out: no check of this site uses one"
        raise InputError(f"--secret {strangers[0]} is nothing that verify uses", fix=known)
    return secrets | from_cli(project, site, (keys & plan.secrets) - set(secrets)) if how.with_secrets else secrets


def _place(plan: Plan, start: From, secrets: Mapping[str, str]) -> AbstractContextManager[Place]:
    """Give the place where connections begin.

    Raises:
        InputError: there is no login to the jump host.
    """
    from dualstack.verify.logins import jump_login

    if start is From.HERE:
        return nullcontext(Here(", or with --from ssh-jump" if plan.site.host.jump is not None else ""))
    login = jump_login(plan, secrets, SECONDS)
    if isinstance(login, str):
        why, _, fix = login.partition(": ")
        raise InputError(f"--from ssh-jump: {why}", fix=fix)
    return JumpHost(login)


def _printable(result: Result) -> Result:
    at, asked, seen, breaks, fix = map(visible, (result.at, result.asked, result.seen, result.consequence, result.fix))
    return replace(result, at=at, asked=asked, seen=seen, consequence=breaks, fix=fix)


def text(site: str, results: Sequence[Result], style: Style) -> str:
    """Give the results to a person: a line each, with what to do below those that are not fine, and the sum."""
    # Servers have words in these lines: none of them makes a line of its own, or speaks to the terminal.
    results = [_printable(result) for result in results]
    width = max((len(result.at) for result in results), default=0)
    wide = max((len(result.kind.value) for result in results), default=0)
    lines: list[str] = []
    for result in results:
        word = style(f"{result.word.value:13}", *_COLOURS[result.word])
        family = LABEL[result.family] if result.family else ""
        lines.append(f"{word} {result.kind.value:{wide}} {family:4} {result.at:{width}} {result.asked}: {result.seen}")
        if result.consequence:
            breaks = _BREAKS.get(result.word, "breaks")
            lines.append(f"{'':14}{breaks}: {result.consequence}" + (f" ({result.rule})" if result.rule else ""))
        if result.fix:
            day2 = f"{result.day2.text}: " if result.day2 is not None else ""
            lines.append(f"{'':14}{_FIX.get(result.word, 'fix')}: {day2}{result.fix}")
    told = [f"{sum(result.word is word for result in results)} {word.value}" for word in Word]
    lines.append(style(f"{site}: {counted(len(results), 'check')}: {', '.join(told)}", "bold"))
    return "\n".join(lines)
