"""From the arguments of a component to the site's plan: every finding is told before anything is registered."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi

from components.secrets import Secrets
from dualstack.check.checked import check_site
from dualstack.document.findings import Finding, Severity
from dualstack.document.origins import Path, format_path
from dualstack.errors import InputError
from dualstack.plan import Plan
from dualstack.stack.layers import Resolved, resolve_mapping

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""As a stack's name is, which a site's is elsewhere (pulumi sdk/go/common/tokens, StackName)."""
_SECRET_SET = re.compile(r"(?:run:? )?dualstack secret set \S+ (\w+)(?: @\S+)?")


class CheckedSite(dict[str, Any]):
    """A site's mapping with the plan that was made of it: whoever takes it checks nothing again.

    Attributes:
        plan: the plan.
        give: words by which a secret is given that the plan needs and that is not there.
    """

    def __init__(self, mapping: Mapping[str, Any], plan: Plan, give: Callable[[str], str]) -> None:
        super().__init__(mapping)
        self.plan = plan
        self.give = give


def open_site(args: Mapping[str, Any], *, tell: bool = True) -> tuple[Plan, Secrets]:
    """Check the site of a component's arguments, and give its plan and its secrets.

    Args:
        args: ``name``, ``site`` and ``secrets`` of it; a ``CheckedSite`` is taken as it is.
        tell: whether warnings go to the engine's log.

    Raises:
        pulumi.RunError: the site cannot be read, or it has errors; the text names them all.
    """
    name, site, secrets = args.get("name"), args.get("site"), args.get("secrets") or {}
    if isinstance(site, CheckedSite):
        return site.plan, Secrets(cast(Mapping[str, Any], secrets), site.give)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        words = "letters, digits, dots, hyphens and underscores, a letter or digit first"
        raise pulumi.RunError(f"name is no site's name: write one such as paris ({words}); it is part of paths")
    if not isinstance(site, Mapping):
        raise pulumi.RunError(f"site of {name} is no mapping of plain values: write what a site file has below site")
    if not isinstance(secrets, Mapping):
        raise pulumi.RunError(f"secrets of {name} is no mapping: write one whose keys are known, and whose values are")
    for key, value in secrets.items():
        if not isinstance(value, str | pulumi.Output):
            raise pulumi.RunError(f'secrets["{key}"] of {name} is no text: write it in quotes, or give an Output')
    mapping = plain(site, ("site",))
    try:
        resolved = resolve_mapping(project_folder(), mapping, secrets, file=f"the site {name}")
    except InputError as error:
        raise pulumi.RunError(str(error)) from error
    plan = checked_plan(name, resolved, tell=tell, word=_for_arguments)
    return plan, Secrets(secrets, lambda key: f'give it as secrets["{key}"]')


def checked_plan(
    name: str, resolved: Resolved, *, tell: bool = True, word: Callable[[str, str], str] = lambda _name, line: line
) -> Plan:
    """Check a site, and give its plan; warnings go to the engine's log.

    Args:
        name: the site's name.
        resolved: the site with its layers.
        tell: whether warnings are told.
        word: words a line of a finding for whoever reads it, given the site's name.

    Raises:
        pulumi.RunError: it has errors; the text names them all.
    """
    found = check_site(name, resolved)
    errors = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    for finding in found.findings if tell else ():
        if finding.severity is Severity.WARNING:
            pulumi.log.warn(word(name, _line(finding)))
    if errors or found.plan is None:
        told = [f"the site {name} has {len(errors)} error{'' if len(errors) == 1 else 's'}, so nothing was started:"]
        told += [f"  {word(name, _line(finding))}\n    {finding.consequence}" for finding in errors]
        raise pulumi.RunError("\n".join(told))
    return found.plan


def plain(value: Any, path: Path) -> Any:
    """Give a value without what only the way between two processes makes of it: each number comes as a float.

    Args:
        value: a value of the site.
        path: where it stands, for the error.

    Raises:
        pulumi.RunError: an Output stands in it.
    """
    if isinstance(value, pulumi.Output):
        raise pulumi.RunError(
            f"{format_path(path)} is an Output: the site is topology, which is checked before anything is made; write "
            "a plain value (secrets stand beside the site, as secrets)"
        )
    if isinstance(value, Mapping):
        return {str(key): plain(item, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, (*path, index)) for index, item in enumerate(value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def project_folder() -> pathlib.Path:
    """Give the folder of Pulumi.yaml; an older language host does not tell it, but starts programs there."""
    return pathlib.Path(pulumi.get_root_directory() or ".").absolute()


def _for_arguments(name: str, line: str) -> str:
    return f"{name}: {_SECRET_SET.sub(_as_argument, line)}"


def _as_argument(found: re.Match[str]) -> str:
    return f'give it as secrets["{found[1]}"]'


def _line(finding: Finding) -> str:
    place = "" if finding.file is None else f"{finding.file}:{finding.line}: "
    because = f" (severity set by the site: {finding.because})" if finding.because else ""
    return f"{place}{format_path(finding.path)}: {finding.message}; {finding.fix} [{finding.rule.id}]{because}"
