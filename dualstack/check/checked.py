"""From a resolved mapping to site, plan and findings: the one door for every surface."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dualstack.check.causes import without_echoes
from dualstack.check.inherited import at_defaults
from dualstack.check.validated import validated
from dualstack.document.findings import At, Finding, Severity
from dualstack.document.origins import find_origin, format_path
from dualstack.plan import make_plan
from dualstack.plan.model import Plan
from dualstack.rules import Subject, run_checks
from dualstack.rules.fleet.layer_names import HELD, layer_names
from dualstack.rules.network.node_defaults import defaults_of_no_node
from dualstack.rules.secret.clear_secrets import NOT_ENCRYPTED, clear_config, secret_names
from dualstack.rules.severities import lowered, wrong_choices
from dualstack.rules.site.site_form import FIRM_RULE, MISSING, UNKNOWN_KEY, UNKNOWN_RULE, secret_inside
from dualstack.site import Site
from dualstack.stack.layers import Resolved


@dataclass(frozen=True, slots=True)
class Checked:
    """A site with everything that is known of it."""

    name: str
    site: Site | None
    """None where so much is missing that nothing can be computed; without wrong values, where there are any."""
    plan: Plan | None
    """None where ``site`` is."""
    findings: tuple[Finding, ...]
    """Worst first, then in the order of the file."""
    resolved: Resolved

    @property
    def not_encrypted(self) -> frozenset[str]:
        """Names of the plain config keys beside the site that hold what should be a secret."""
        paths = [finding.path for finding in self.findings if finding.rule is NOT_ENCRYPTED]
        return frozenset(str(path[-1]).removeprefix("dualstack:") for path in paths)

    @property
    def failed(self) -> bool:
        """True where any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def check_site(name: str, resolved: Resolved) -> Checked:
    """Check one site: its form, every rule over it and its plan, and the site's own rule settings.

    Args:
        name: the site's name, which is the stack's.
        resolved: the merged mapping of ``dualstack:site`` with its origins.
    """
    site, findings, taken = validated(resolved.site)
    findings = [_for_site(finding, name) for finding in findings]
    findings += [secret_inside(inside.path) for inside in resolved.secrets_inside]
    findings += defaults_of_no_node(resolved.inherited.defaults, resolved.inherited.nodes)
    plan = None
    if site is not None:
        plan = make_plan(name, site, resolved.secrets)
        told = run_checks(Subject(site, plan))
        told = [finding.moved(taken.original) for finding in told]
        strangers = layer_names(resolved.site, resolved.origins)
        if strangers:
            told = [finding for finding in told if finding.path[:1] and finding.path[0] not in HELD]
            findings += strangers
        findings += [finding for finding in told if not taken.touches(finding.path)]
        plain = [At(("dualstack:" + key,), key) for key in resolved.config]
        findings += clear_config(plain, secret_names(Subject(site, plan)), name)
        findings = without_echoes([*lowered(findings, site.rules), *wrong_choices(site.rules)])
    findings = at_defaults(findings, resolved)
    ordered = in_order(_because_removed(placed(finding, resolved), resolved) for finding in _distinct(findings))
    return Checked(name, site, plan, ordered, resolved)


def _for_site(finding: Finding, name: str) -> Finding:
    """Name the site in a command that the fix of a form error tells; whoever made it did not know the site."""
    words = finding.mend.words.replace("secret set SITE ", f"secret set {name} ")
    return finding if words == finding.mend.words else finding.with_fix(replace(finding.mend, words=words))


def _because_removed(finding: Finding, resolved: Resolved) -> Finding:
    """Say where a field is missing because an empty value takes away what a layer gives."""
    if finding.rule is not MISSING:
        return finding
    for path, (origin, layer) in resolved.removed.items():
        if finding.path[: len(path)] == path:
            message = f"line {origin.line} removes what layer {layer} gives: {format_path(path)} is empty there"
            told = replace(finding, message=message).with_fix("remove that line, or give the field here")
            return told.located(*origin)
    return finding


def _distinct(findings: list[Finding]) -> list[Finding]:
    return list({(finding.rule.id, finding.path, finding.message): finding for finding in findings}.values())


def placed(finding: Finding, resolved: Resolved) -> Finding:
    """Return a finding with the place in the files where its value, or its key, was written."""
    if finding.rule is NOT_ENCRYPTED:
        place = resolved.config_origins.get(str(finding.path[-1]).removeprefix("dualstack:"))
        return finding.located(*place) if place else finding
    source = resolved.key_origins if finding.rule in (UNKNOWN_KEY, UNKNOWN_RULE, FIRM_RULE) else resolved.origins
    origin = find_origin(source, finding.path)
    return finding.located(*origin) if origin else finding


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first, then in the order of the files."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file or "", finding.line or 0, finding.column or 0)
    return (finding.severity.rank, *place, finding.rule.id, [str(step) for step in finding.path])
