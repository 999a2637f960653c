"""Writes the generated pages: ``python -m dualstack.answer.docs`` (``make docs``).

Rule reference, field reference and JSON Schemas come from the rules and the model; a test keeps them in step.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from dualstack.answer.schema import layer_schema, stack_schema
from dualstack.day2 import Consequence, entries
from dualstack.day2.words import MEANING
from dualstack.document.findings import Severity
from dualstack.policies import all_policies
from dualstack.policies.declare import EXEMPT
from dualstack.rules import all_rules
from dualstack.rules.program.program_resources import RULES as RESOURCE_RULES
from dualstack.site import Site

DOCS = Path(__file__).resolve().parents[2] / "docs"
_GENERATED = "<!-- Written by `make docs` from {source}; edit that, not this page. -->\n"
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def rules_page() -> str:
    """Return docs/rules.md."""
    rules = all_rules()
    lines = [
        "# Rules\n",
        _GENERATED.format(source="dualstack/rules"),
        f"dualstack has {len(rules)} rules. It checks every site against all but the {len(RESOURCE_RULES)} that only a",
        "program's resources can break, DS160 to DS166; those and many others are [policies](policies.md), too.",
        "`dualstack explain RULE` prints one of them. A site may change the severity of a rule that is not firm, with",
        "a reason that is shown wherever its findings are:\n",
        "```yaml",
        "rules:",
        '  DS090-rancher-one-family: {severity: info, because: "no machine here is IPv6-only"}',
        "```\n",
        "| Rule | Severity | What must hold |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| [{rule.id}](#{rule.id.lower()}) | {_WORDS[rule.severity]}{', firm' if rule.firm else ''} | {rule.title} |"
        for rule in rules.values()
    ]
    for rule in rules.values():
        lines += [
            f"\n## {rule.id}\n",
            f"{rule.title}\n",
            f"- If not: {rule.consequence}",
            f"- Severity: {_WORDS[rule.severity]}{'; a site cannot lower it' if rule.firm else ''}",
            f"- Source: {rule.source}",
        ]
    return "\n".join(lines) + "\n"


def _kind(field: dict[str, Any]) -> str:
    """Return a field's type in words."""
    if "anyOf" in field:
        kinds = [_kind(option) for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return f"mapping of {_kind(inner)}" if isinstance(inner, dict) and inner else "mapping"
    return {"string": "text", "integer": "number", "boolean": "true or false"}.get(field.get("type", ""), "any value")


def _default(field: dict[str, Any]) -> str:
    if "default" not in field or isinstance(field["default"], dict):
        return ""
    value = field["default"]
    return "" if value in (None, [], "") else f"`{json.dumps(value, ensure_ascii=False)}`"


@cache
def _required() -> dict[str, frozenset[str]]:
    """Return the fields that a merged site must have, by the name of their section."""
    schema = Site.model_json_schema(by_alias=True)
    sections = {"Site": schema, **schema["$defs"]}
    return {name: frozenset(section.get("required", ())) for name, section in sections.items()}


def _section(name: str, schema: dict[str, Any], definitions: dict[str, Any], seen: set[str]) -> list[str]:
    lines = [f"\n## {name}\n", schema.get("description", ""), ""]
    lines += ["| Field | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    below: list[str] = []
    for key, field in schema.get("properties", {}).items():
        meaning = field.get("description", "").replace("|", "\\|")
        default = "**required**" if key in _required()[name] else _default(field)
        lines.append(f"| `{key}` | {_kind(field)} | {default} | {meaning} |")
        for reference in _references(field):
            if reference not in seen:
                seen.add(reference)
                below += _section(reference, definitions[reference], definitions, seen)
    return lines + below


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else []
    return own + [found for key, item in node.items() if key != "$ref" for found in _references(item)]


def fields_page() -> str:
    """Return docs/fields.md."""
    schema = layer_schema()
    head = [
        "# Fields of a site\n",
        _GENERATED.format(source="dualstack/site"),
        "Everything under `dualstack:site` in `stacks/Pulumi.<site>.yaml`; a layer in `stacks/layers` holds the same",
        "fields without `config:` around them. Editors complete and check both with the schemas in `docs/schema`.",
        "A **required** field must be there once the layers are merged, wherever it stands; one in a part that may be",
        "left out is required as soon as that part is there. What else a mode or a kind needs, its line says.",
    ]
    return "\n".join([*head, *_section("Site", schema, schema["$defs"], {"Site"})]) + "\n"


def policies_page() -> str:
    """Return docs/policies.md."""
    policies = all_policies()
    remedied = [policy.id.partition("-")[0] for policy in policies if policy.remedy is not None]
    wholes = [policy.id.partition("-")[0] for policy in policies if policy.whole]
    lines = [
        "# Policies\n",
        _GENERATED.format(source="dualstack/policies"),
        _POLICIES.format(count=len(policies), remedied=_listed(remedied), wholes=_listed(wholes)),
        "| Policy | Level | What must hold |",
        "| --- | --- | --- |",
    ]
    lines += [f"| [{one.id}](#{one.id.lower()}) | {one.level.value} | {one.rule.title} |" for one in policies]
    for one in policies:
        types = ", ".join(f"`{name}`" for name in dict.fromkeys(name for check in one.checks for name in check.types))
        lines += [
            f"\n## {one.id}\n",
            f"{one.rule.title}\n",
            f"- If not: {one.rule.consequence}",
            f"- Fix: {one.fix}",
            f"- Level: {one.level.value}{'; can remediate' if one.remedy is not None else ''}",
            f"- When: {'a preview, and after an update' if one.whole else 'a preview, and before a resource is made'}",
            f"- Resources: {types}",
        ]
        settings = {key: field for key, field in one.settings.items() if key not in EXEMPT}
        lines += [f"- Config `{key}`: {_kind(dict(field))}; {field['description']}" for key, field in settings.items()]
        lines.append(f"- Source: {one.rule.source}")
    return "\n".join(lines) + "\n"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


_POLICIES = """\
The policy pack in `policy/` has {count} policies. They are [rules](rules.md) over a program's resources: ids, texts and
predicates are the same, but what is judged is what the engine gets, so that they hold for any Pulumi program with
these resource types, and for what a transform made of ours.

`dualstack up` and `dualstack preview` always run them: `up` with a preview first, which a mandatory violation ends
before anything is made. A site's own `rules:` count for them, too. `dualstack check --policies` and `dualstack plan`
run them without an engine, over the recorded program; what is a secret, or not known yet, is listed as not checked.

With any other program, without this tree: the pack is written to a folder with its core in it, and Pulumi installs what
it runs with (`requirements.txt`) into an environment beside it.

```
dualstack policies export policies
(cd policies && pulumi install)
pulumi preview --policy-pack policies
```

`pulumi policy publish ORGANIZATION` in that folder gives it to an organisation. A folder that is versioned and copied
does as well: nothing in it names this tree. A newer core is a new export into the same folder; its environment stays.
A CLI without a language host that starts packs (one built from Go modules) runs it by `dualstack preview` and `up`
alone.

Plain `pulumi preview` and `pulumi up` run no policy unless they are told: `--policy-pack policy` in a clone (once:
`cd policy && pulumi install`), or a pack that the organisation enforces. Levels and settings that a site chose itself
(`rules:`) come with `dualstack preview` and `up` only; elsewhere `--policy-pack-config` says them.

- A mandatory violation fails a preview or an update, an advisory one is told. `--policy-pack-config FILE` changes
  levels and settings: `{{"DS161-bootstrap-password": {{"enforcementLevel": "advisory", "minimumLength": 16}}}}`.
  `{{"all": "advisory"}}` is for a first look; a name that no policy has is ignored by Pulumi without a word.
- Of a Chart (`helm.sh/v4`, `helm.sh/v3`), which is a component, the engine gives policies no inputs, only what it
  makes: its Services are judged, its values just by `dualstack check --policies`. A Release's values always are.
- A value that is unknown in a preview, or of a form that cannot be read, is told for each resource as not checked yet,
  beside what is wrong elsewhere; it never stops a preview, and never hides anything.
- Every policy takes `exempt`, a list of names of resources that it leaves alone; `*` and `?` stand for any text.
- {remedied} mend what they find where their level is `remediate`; by default nothing is changed.
- {wholes} need the whole stack: in an update they come when everything is made, so the preview
  before it is what stops them. The others come before the resource is made, also those that compare two resources: at
  the later of the two.
- Secrets reach policies in clear, as the engine hands them out. A password is never shown; addresses, names and
  versions are.
"""


_DAY2 = """\
What a changed value of a site means to a site that runs, in one word; of several changes the greatest counts.
[`dualstack diff`](diff.md) says it for each edited value of a branch, with the names of the site in it.

| Word | means |
| --- | --- |
{words}

*Downstream* names who else must follow. Where a case stands before a word, the first that fits counts. On a host on
libvirt whose image the deployment builds (`image.build: local`), whatever changes the image (marked *i*) is a
**rebuild**: the VM gets a new, empty disk. `dualstack up` does what is marked *up*; the rest it does
not do, and nothing tells it whether somebody has.

The commands are those of the software's own documentation and source; the head of each module in `dualstack/day2` names
them. What `up` does with libvirt, DNS and charts has been run against the real programs, steps on a node have not: they
are read. Where it was not clear what is enough, the graver word stands.
"""


def day2_page() -> str:
    """Return docs/day2.md."""
    words = "\n".join(f"| **{word.text}** | {meaning} |" for word, meaning in MEANING.items())
    lines = ["# What a change takes\n", _GENERATED.format(source="dualstack/day2"), _DAY2.format(words=words)]
    lines += ["| Field | Word | How | Away or lost | Downstream |", "| --- | --- | --- | --- | --- |"]
    for one in entries().values():
        for number, (when, told) in enumerate(one.cases):
            case = f"{when.words}: " if when.words else "else: " if number else ""
            lines.append(f"| {f'`{one.path}`' if not number else ''} | {_taken(case, told)} |")
    return "\n".join(lines) + "\n"


def _taken(case: str, told: Consequence) -> str:
    marks = ", ".join(mark for mark, there in (("up", told.up), ("i", told.imaged)) if there)
    word = f"{case}**{told.word.text}**" + (f" ({marks})" if marks else "")
    cells = (word, told.how, told.away, told.downstream)
    names = {name: name.upper() for name in ("site", "node", "interface", "chart", "namespace")}
    return " | ".join(_named(cell, names) for cell in cells)


def _named(text: str, names: dict[str, str]) -> str:
    for name, shown in names.items():
        text = text.replace(f"{{{name}}}", shown)
    return text.replace("|", "\\|")


def pages() -> dict[str, str]:
    """Return every generated page by its path below docs/."""
    return {
        "rules.md": rules_page(),
        "policies.md": policies_page(),
        "fields.md": fields_page(),
        "day2.md": day2_page(),
        "schema/site.schema.json": json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n",
        "schema/layer.schema.json": json.dumps(layer_schema(), indent=2, ensure_ascii=False) + "\n",
    }


def main() -> None:
    """Write the pages that changed."""
    for name, text in pages().items():
        file = DOCS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
