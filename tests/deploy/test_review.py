"""A preview as Markdown, from the engine's events, without an engine; rendered by a Markdown renderer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from dualstack.check.checked import Checked, check_site
from dualstack.deploy.properties import MISSING, SECRET
from dualstack.deploy.review import BUDGET, preview_markdown
from dualstack.document.holes import UNKNOWN
from dualstack.stack.layers import resolve_mapping
from tests.deploy.test_progress import DIRECTORY, Told
from tests.sites import SECRETS, mapping, put

KNOWN_LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
RENDER = MarkdownIt("commonmark", {"html": True}).enable("table")


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:paris::dualstack::dualstack:index:ManagementHost${type_}::{name}"


def state(inputs: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give one side of a step as the engine sends it."""
    return {"type": "", "urn": "", "id": "", "parent": "", "provider": "", "inputs": inputs, "outputs": outputs or {}}


def step(told: Told, op: str, resource: str, old: Any, new: Any, diff: dict[str, str] | None, **more: Any) -> None:
    """Take a step of a preview; the diff gives the kind for each path."""
    detailed = {path: {"diffKind": kind, "inputDiff": True} for path, kind in diff.items()} if diff else None
    told.step("resourcePreEvent", op, resource, old=state(old), new=state(new), detailedDiff=detailed, **more)


def policy(message: str, *, name: str = "p", level: str = "mandatory", resource: str = DIRECTORY) -> dict[str, Any]:
    """Give a violation as the engine sends it."""
    return {
        "resourceUrn": resource, "message": message, "color": "raw", "policyName": name, "enforcementLevel": level,
        "policyPackName": "dualstack", "policyPackVersion": "1", "policyPackVersionTag": "1",
    }  # fmt: skip


@pytest.fixture
def told() -> Told:
    return Told(planning=True)


def checked(tmp_path: Path, **changes: Any) -> Checked:
    return check_site("paris", resolve_mapping(tmp_path, mapping(**changes), SECRETS))


@pytest.fixture
def site(tmp_path: Path) -> Checked:
    return checked(tmp_path)


def test_what_would_be_lost_comes_first_with_values_and_reasons(told: Told, site: Checked) -> None:
    step(told, "create", urn("dualstack:dns:RecordSet", "dns-a"), {}, {"a": 1}, None)
    step(told, "update", DIRECTORY, {"mode": "0644"}, {"mode": "0600"}, {"mode": "update"})
    step(told, "replace", urn("dualstack:image:Build", "build"), {"x": 1}, {"x": 2}, {"x": "update-replace"})
    vm = urn("libvirt:index/domain:Domain", "vm")
    old, new = {"memory": 1, "nic": [{"id": "a"}]}, {"memory": 2, "nic": [{"id": KNOWN_LATER}], "tpm": {"model": "2"}}
    step(
        told,
        "replace",
        vm,
        old,
        new,
        {"memory": "update-replace", "nic[0].id": "update", "tpm": "add"},
        keys=["memory"],
    )
    step(told, "delete", urn("libvirt:index/volume:Volume", "disk"), {"size": 1}, {}, None)
    told.take(summaryEvent={"resourceChanges": {"same": 4, "replace": 2}, "durationSeconds": 1, "maybeCorrupt": False})

    text = preview_markdown(site, told.progress, None)

    assert text.startswith("### Preview of `paris`: 2 to replace, 1 to delete, 1 to update, 1 to create, 4 unchanged\n")
    assert "> Replaced or deleted, with what is on it: host `vm`, disk `disk`." in text
    rows = [
        line.split(" | ")[1]
        for line in text.splitlines()
        if re.match(r"\| (\*\*)?(replace|delete|update|create)\b", line)
    ]
    assert rows == ["`vm`", "`disk`", "`build`", "`image-directory`", "`dns-a`"]
    assert "| `memory` **(replaces)** | `1` | `2` |" in text
    assert '| `nic[0].id` | `"a"` | *known later* |' in text
    assert '| `tpm` | *none* | `{"model": "2"}` |' in text
    assert "| **replace** | `vm` | `libvirt:index/domain:Domain` | `memory` |" in text


def test_texts_of_many_lines_are_compared_line_by_line(told: Told, site: Checked) -> None:
    before = "\n".join(f"line {number}" for number in range(50))
    step(
        told, "update", DIRECTORY, {"files": {"a.b": {"content": before}}},
        {"files": {"a.b": {"content": before.replace("line 7\n", "line seven ```\n")}}},
        {'files["a.b"].content': "update"},
    )  # fmt: skip

    text = preview_markdown(site, told.progress, None)

    assert "-line 7\n+line seven ```\n" in text
    assert "line 40" not in text
    assert "````diff" in text  # longer than what is in it


def canaries() -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """A value and a file of a place where secrets stand, before and after it was rotated."""
    old, new = (
        {
            "values": {"token": f"hunter{number}-canary"},
            "files": {"a.yaml": {"content": f"x: 1\ntoken: {text}\ny: 2\n"}},
        }
        for number, text in ((1, "hunter1-canary"), (2, "hunter2-canary"))
    )
    return old, new, {"values.token": "update", 'files["a.yaml"].content': "update"}


def test_secrets_stay_hidden_and_their_change_is_told(told: Told, tmp_path: Path) -> None:
    signed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
    step(
        told,
        "update",
        DIRECTORY,
        {"a": SECRET, "b": signed},
        {"a": SECRET, "b": signed},
        {"a": "update", "b.c": "update"},
    )
    data = put(mapping(), "hunter2-canary", "charts", "rancher", "values", "bootstrapPassword")
    clear = check_site("paris", resolve_mapping(tmp_path, data, SECRETS))
    step(told, "update", DIRECTORY + "2", *canaries())
    told.say("warning", "hunter2-canary is old", DIRECTORY)
    told.take(policyEvent=policy("must not be hunter2-canary"))

    text = preview_markdown(clear, told.progress, "it said hunter2-canary")

    assert "hunter" not in text
    assert "| `a` | `[secret]` | `[secret]` (changed) |" in text
    assert "| `b.c` | `[secret]` | `[secret]` (changed) |" in text


def test_a_secret_in_clear_that_only_the_state_still_has(told: Told, site: Checked) -> None:
    old = {"values": {"bootstrapPassword": "hunter2-canary", "a": {"apiToken": "hunter2-canary"}, "b": {"c": "1"}}}
    new = {"values": {"bootstrapPassword": SECRET, "a": {"apiToken": "hunter3-canary", "on": True}, "b": {"c": "2"}}}
    step(told, "update", DIRECTORY, old, new, {"values.bootstrapPassword": "update", "values.b.c": "update"})
    step(told, "update", DIRECTORY + "2", old, new, {"values": "update"})
    step(told, "update", DIRECTORY + "3", old, new, {"values.a": "delete"})

    text = preview_markdown(site, told.progress, None)

    assert "canary" not in text
    assert "[secret]" in text and "(changed)" in text
    assert '| `values.b.c` | `"1"` | `"2"` |' in text


def test_policies_and_failures(told: Told, site: Checked) -> None:
    for level in ("advisory", "mandatory", "mandatory"):
        told.take(policyEvent=policy("<{%reset%}>must not\n", name=f"p-{level}", level=level))

    text = preview_markdown(site, told.progress, "image-directory: no room\nat all")

    assert text.startswith("### Preview of `paris`: failed\n")
    rows = [line for line in text.splitlines() if line.startswith(("| mandatory", "| advisory"))]
    assert [row.split(" | ")[1] for row in rows] == ["`p-mandatory`", "`p-advisory`"]
    assert "must not" in rows[0]
    assert "no room\nat all" in text
    assert len(told.lines) == 2  # for people, too


def test_a_site_with_errors_tells_them(told: Told, tmp_path: Path) -> None:
    broken = checked(tmp_path, cluster={"services": {"ipv4": "10.42.0.0/16"}})

    text = preview_markdown(broken, told.progress, None)

    assert "not started, the site has errors" in text
    assert "`DS012-pod-service-overlap`" in text
    assert preview_markdown(checked(tmp_path), told.progress, None).startswith(
        "### Preview of `paris`: nothing changes\n"
    )


def test_a_component_without_paths_gets_them_from_its_inputs(told: Told, site: Checked) -> None:
    component = "urn:pulumi:paris::dualstack::dualstack:index:ManagementHost::host"
    step(told, "update", component, {"a": 1, "b.c": 2, "same": 3}, {"a": 2, "same": 3}, None)

    [change] = told.progress.changes

    assert [(one.path, one.kind, one.old, one.new) for one in change.properties] == [
        ('["b.c"]', "delete", 2, MISSING), ("a", "update", 1, 2)
    ]  # fmt: skip
    assert change.paths == ['["b.c"]', "a"]


def test_outputs_are_what_was_before_unless_inputs_are_compared(told: Told) -> None:
    told.step(
        "resourcePreEvent", "update", DIRECTORY,
        old=state({"a": "in"}, {"a": "out"}), new=state({"a": "new", "b": KNOWN_LATER}),
        detailedDiff={"a": {"diffKind": "update", "inputDiff": False}, "b": {"diffKind": "add", "inputDiff": False}},
    )  # fmt: skip

    assert [(one.old, one.new) for one in told.progress.changes[0].properties] == [("out", "new"), (MISSING, UNKNOWN)]


HOSTILE = [
    "</details><script>alert(1)</script>",
    "![x](https://evil.example/pixel)",
    "[click](https://evil.example/)",
    "`` ` ``` <img src=x>",
    "| a | b |\n| --- | --- |\n# heading",
    "<!-- dualstack -->",
    "@everyone #1 org/repo#2 https://evil.example www.evil.example",
    "\u202egnp.exe\u2066\x1b[31m",
    "```\n</details>\n<b>out</b>\n```",
    "trailing \\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_is_text(text: str, told: Told, site: Checked) -> None:
    bad = urn("libvirt:index/domain:Domain", text)
    step(
        told,
        "replace",
        bad,
        {text: text, "z": text * 60},
        {"z": text * 61},
        {f"[{json.dumps(text)}]": "delete", "z": "update"},
    )
    told.say("warning", text, bad)
    told.take(policyEvent=policy(text, name=text, level=text, resource=bad))

    html = RENDER.render(preview_markdown(site, told.progress, text))

    # Only what we write ourselves is HTML, and nothing loads, mentions somebody or leaves its cell.
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= {
        "h3", "h4", "p", "code", "pre", "blockquote", "details", "summary", "table", "thead", "tbody", "tr", "th", "td",
        "em", "strong",
    }  # fmt: skip
    assert html.count("<details>") == html.count("</details>")
    assert "<!--" not in html
    for line in html.split("<tr>")[1:]:
        assert line.partition("</tr>")[0].count("<td") in (0, 3, 4)
    assert not re.search("[\x1b\u202e\u2066]", html)
    outside = re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert not re.search(r"@everyone|#\d", outside), outside


def test_it_fits_a_comment_and_says_what_is_left_out(told: Told, site: Checked) -> None:
    for number in range(400):
        old, new = ({"text": "\n".join(f"{word} {line}" for line in range(300))} for word in ("a", "b"))
        step(told, "update", urn("dualstack:image:Directory", f"d{number:03}"), old, new, {"text": "update"})

    text = preview_markdown(site, told.progress, None)

    assert len(text) <= BUDGET + 1 < 65_536
    assert "400 to update" in text
    assert re.search(r"\*Cut to fit a comment: \d+ parts are left out; `dualstack preview paris` has all\.\*", text)
    html = RENDER.render(text)
    assert html.count("<details>") == html.count("</details>") > 10
