"""``dualstack explain``: what a rule wants, and why."""

from __future__ import annotations

import sys

from dualstack.answer.style import Style
from dualstack.cli.common import Format, print_json
from dualstack.document.findings import Rule, Severity
from dualstack.errors import InputError, quoted
from dualstack.rules import all_rules


def rule_json(rule: Rule) -> dict[str, object]:
    """Give a rule for JSON."""
    return {
        "id": rule.id,
        "severity": rule.severity.value,
        "firm": rule.firm,
        "title": rule.title,
        "consequence": rule.consequence,
        "source": rule.source,
    }


def _matching(wanted: str) -> list[Rule]:
    key = wanted.upper()
    if key.isdecimal():
        key = f"DS{int(key):03d}"
    return [rule for name, rule in all_rules().items() if name.upper() == key or name.upper().startswith(key + "-")]


def _about(wanted: str) -> list[Rule]:
    """Return the rules that speak of a word, or of all words of several."""
    words = wanted.lower().split()
    told = ((rule, f"{name} {rule.title} {rule.consequence}".lower()) for name, rule in all_rules().items())
    return [rule for rule, text in told if words and all(word in text for word in words)]


def explain_rule(wanted: str | None, output: Format) -> None:
    """Print one rule, or a line for each."""
    rules = list(all_rules().values()) if wanted is None else _matching(wanted)
    listed = wanted is None
    if wanted is not None and not rules:
        rules = _about(wanted)
        listed = len(rules) > 1
    if not rules:
        from difflib import get_close_matches

        near = get_close_matches(str(wanted).lower(), [name.lower() for name in all_rules()], 1, 0.6)
        hint = f"did you mean {near[0].upper()[:2]}{near[0][2:]}? " if near else ""
        raise InputError(
            f"there is no rule {quoted(wanted or '')}, and none speaks of it",
            fix=f"{hint}dualstack explain lists all",
        )
    if output is Format.JSON:
        print_json({"version": 1, "rules": [rule_json(rule) for rule in rules]})
        return
    style = Style.of(sys.stdout)
    if listed:
        for rule in rules:
            print(f"{style(rule.id, 'bold')}  {rule.severity.value}  {rule.title}")
        return
    for rule in rules:
        print(style(rule.id, "bold"))
        print(f"  {rule.title}")
        print(f"  If not: {rule.consequence}")
        lowered = "a site cannot lower it"
        if not rule.firm and rule.severity is not Severity.INFO:
            lowered = f"a site may lower it: rules: {{{rule.id}: {{severity: info, because: the reason}}}}"
        elif not rule.firm:
            lowered = "for your information"
        print(f"  Severity: {rule.severity.value} ({lowered})")
        print(f"  Source: {rule.source}")
