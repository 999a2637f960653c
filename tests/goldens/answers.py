"""What the product answers to a case, in words: one text for each thing that it says, under a label.

Labels: ``find <rule> <severity> <path>``, ``plan <part>``, ``file <path>``, ``secret file <path>`` (with the secrets),
``left out``, ``resource <URN>``, ``policy <rule> <level> <resource>``, ``not yet <resource> <path>``, ``verdict``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dualstack.answer.json_answer import plan_json
from dualstack.check.checked import Checked, check_site
from dualstack.check.fleet import with_fleet
from dualstack.check.sites import load_site
from dualstack.document.findings import Finding
from dualstack.document.origins import format_path
from dualstack.eib import File, Refused, build_tree
from dualstack.plan.model import Plan
from dualstack.policies import Verdict, config_of, judge, recorded
from dualstack.record import record_site
from dualstack.stack.layers import LayerStore, resolve_mapping
from dualstack.stack.project import site_file
from tests import PROJECT
from tests.goldens.corpus import Case, to_given
from tests.peercases.adapter import judge as judge_peer

Answer = dict[str, str]

_MANIFEST = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n"


def answer(case: Case) -> Answer:
    """Return what the product says of one case of the corpus."""
    if "resources" in case:
        return _unique(_verdict(judge([to_given(one) for one in case["resources"]], case["settings"])))
    return _unique(_site(_checked(case)))


def findings(case: Case) -> Answer:
    """Return only what is found in a case."""
    return _unique(map(_finding, _checked(case).findings)) if "site" in case else answer(case)


def _checked(case: Case) -> Checked:
    resolved = resolve_mapping(PROJECT, case["site"], secrets=case["secrets"], config=case["config"])
    return check_site("test", resolved)


def stack_answer(name: str) -> Answer:
    """Return what the product says of one of the stack files, its program and their policies' verdict included."""
    store = LayerStore(PROJECT)
    checked = with_fleet(PROJECT, [load_site(PROJECT, name, store)], store).checked[0]
    recording = record_site(PROJECT, checked.name, site_file(PROJECT, name))
    resources = [(f"resource {one.urn}", _json(one.to_json())) for one in recording.resources]
    files = [*_site(checked), *(_with_secrets(checked.plan) if checked.plan else ())]
    return _unique([*files, *resources, *_verdict(judge(recorded(recording), config_of(checked)))])


def peer_answer(case: Mapping[str, Any]) -> Answer:
    """Return what the product says of one of the peers' cases."""
    judged = judge_peer(case.get("family_config"))
    return _unique([("verdict", judged.reason or judged.verdict), *map(_finding, judged.findings)])


def _unique(told: Iterable[tuple[str, str]]) -> Answer:
    """Number what has the same label."""
    found: Answer = {}
    for label, text in told:
        count = 2
        name = label
        while name in found:
            name = f"{label} #{count}"
            count += 1
        found[name] = text
    return found


def _site(checked: Checked) -> Iterator[tuple[str, str]]:
    yield from map(_finding, checked.findings)
    document = plan_json(checked, None)
    del document["version"], document["site"], document["findings"]
    for part, values in document.items():
        for name, value in values.items() if part == "values" else [("", values)]:
            yield f"plan {f'{part}.{name}' if name else part}", _json(value)
    if checked.plan is not None:
        yield from _files(checked.plan)


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    try:
        tree = build_tree(plan, {}, _Files())
    except Refused as error:
        yield "refused", f"{format_path(error.path)}: {error}"
        return
    yield "left out", _json([list(left) for left in tree.left_out])
    yield from ((f"file {path}", f"{file.mode:o}\n{file.text}") for path, file in tree.files.items())


def _with_secrets(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the files that are other ones where secrets are given."""
    without = build_tree(plan, {}, _Files())
    tree = build_tree(plan, {left.key: f"<{left.key}>" for left in without.left_out}, _Files())
    for path, file in tree.files.items():
        if file != without.files.get(path):
            yield f"secret file {path}", f"{file.mode:o}\n{file.text}"


class _Files:
    """Gives files that every project has."""

    def file(self, path: str) -> File:
        return File(_MANIFEST)

    def folder(self, path: str) -> Iterator[tuple[str, File]]:
        yield "custom/files/own.txt", File(b"own\n")


def _finding(finding: Finding) -> tuple[str, str]:
    label = f"find {finding.rule.id} {finding.severity} {format_path(finding.path)}"
    place = f"{Path(finding.file).name}:{finding.line}:{finding.column}" if finding.file else ""
    patch = _json(finding.mend.patch(finding.path))
    texts = (finding.message, finding.fix, finding.consequence, finding.because or "", place, patch)
    return label, "\n".join(text for text in texts if text)


def _verdict(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "verdict", f"{verdict.policies} policies, {verdict.resources} resources"
    for one in verdict.violations:
        path = format_path(one.finding.path)
        yield f"policy {one.policy.id} {one.level} {one.given.name} {path}", _json(one.to_json())
    for missed in verdict.unchecked:
        yield f"not yet {missed.given.name} {format_path(missed.path)}", _json(missed.to_json())


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)
