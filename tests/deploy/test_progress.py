"""The engine's events as lines, without an engine."""

from __future__ import annotations

from typing import Any

from pulumi.automation.events import EngineEvent

from dualstack.deploy.progress import Change, Progress, word
from dualstack.deploy.reasons import last_words, with_way_out

STACK = "urn:pulumi:paris::dualstack::pulumi:pulumi:Stack::dualstack-paris"
DIRECTORY = "urn:pulumi:paris::dualstack::dualstack:index:ManagementImage$dualstack:image:Directory::image-directory"


class Told:
    """A progress whose lines are kept."""

    def __init__(self, **how: bool) -> None:
        self.lines: list[Change | str] = []
        self.progress = Progress(self.lines.append, **how)

    def take(self, **event: Any) -> None:
        """Take an event as the engine sends it."""
        self.progress.take(EngineEvent.from_json({"sequence": 1, "timestamp": 0, **event}))

    def step(self, kind: str, op: str, urn: str = DIRECTORY, **more: Any) -> None:
        """Take an event about a resource."""
        type_ = urn.split("::")[2].rpartition("$")[2]
        self.take(**{kind: {"metadata": {"op": op, "urn": urn, "type": type_, "provider": "", **more}}})

    def say(self, severity: str, message: str, urn: str = "", **more: bool) -> None:
        """Take a diagnostic."""
        self.take(diagnosticEvent={"message": message, "color": "raw", "severity": severity, "urn": urn, **more})


def test_up_tells_each_resource_once_and_keeps_what_is_there() -> None:
    told = Told()
    with told.progress:
        told.step("resourcePreEvent", "create", STACK)
        told.step("resourcePreEvent", "create")
        state = {"type": "x", "urn": DIRECTORY, "id": "x", "parent": "", "provider": "", "outputs": {"path": "build/p"}}
        told.step("resOutputsEvent", "create", new=state)
        told.step("resourcePreEvent", "same", f"{DIRECTORY}2")
        told.step("resOutputsEvent", "same", f"{DIRECTORY}2")
        told.step("resOutputsEvent", "create", STACK)
    [change] = told.lines
    assert isinstance(change, Change)
    assert (change.op, change.type, change.name) == ("create", "dualstack:image:Directory", "image-directory")
    assert change.seconds is not None
    assert told.progress.resources[DIRECTORY][1] == {"path": "build/p"}
    assert word(change) == "created"
    assert word(change, planning=True) == "create"


def test_of_what_passes_a_line_now_and_then_is_told() -> None:
    told = Told()
    for seconds in range(3):
        told.say("info", f"installs, for {seconds} s", DIRECTORY, ephemeral=True)
        told.say("info", f"installs, for {seconds} s", f"{DIRECTORY}2", ephemeral=True)
    told.say("info", "answers", DIRECTORY)
    assert told.lines == [
        "image-directory: installs, for 0 s",
        "image-directory2: installs, for 0 s",
        "image-directory: answers",
    ]


def test_what_a_policy_cannot_check_is_told_without_the_engines_own_words() -> None:
    told = Told()
    words = "can't run policy 'DS292-media' from policy pack 'dualstack@v0.0.1' during preview: "
    event = {"policyName": "DS292-media", "policyPackName": "dualstack", "policyPackVersion": "0", "color": "never"}
    event |= {"policyPackVersionTag": "0", "enforcementLevel": "advisory", "resourceUrn": DIRECTORY}
    told.take(policyEvent={**event, "message": f"{words}image-directory, media cannot be checked yet: it is unknown"})
    assert told.lines == ["policy DS292-media (advisory) image-directory: media cannot be checked yet: it is unknown"]


def test_the_echo_of_an_interrupt_is_no_error() -> None:
    told = Told()
    told.say("error", "error: rpc error: code = Canceled desc = context canceled", DIRECTORY)
    told.say("warning", "waiting for plugin: context canceled")
    assert (told.lines, told.progress.errors) == ([], [])
    assert (
        last_words("stderr: error: update canceled: context canceled\nerror: context canceled") == "it was interrupted"
    )
    assert last_words("error: no disk\nerror: context canceled") == "no disk"


def test_preview_tells_paths() -> None:
    told = Told(planning=True)
    told.step("resourcePreEvent", "update", diffs=["files"], detailedDiff={})
    told.step("resOutputsEvent", "update")
    [change] = told.lines
    assert isinstance(change, Change)
    assert change.paths == ["files"]


def test_failure_without_the_noise_of_the_language_host() -> None:
    told = Told()
    with told.progress:
        told.step("resourcePreEvent", "create")
        told.say("error", "<{%reset%}>no room<{%reset%}>\n", DIRECTORY)
        told.say("error", "<{%reset%}>no room<{%reset%}>\n", DIRECTORY)
        told.step("resOpFailedEvent", "create")
        told.say("info#err", "Traceback (most recent call last):\n", STACK)
        told.say("info#err", '  File "x.py", line 1, in <module>\n    loop.run()\n', STACK)
        told.say("info#err", "KeyboardInterrupt\n", STACK)
        told.say("error", "update failed", "")
    assert told.progress.errors == ["image-directory: no room"]
    [change] = told.lines
    assert isinstance(change, Change)
    assert change.failed and word(change) == "FAILED"


def test_what_a_program_prints_is_told() -> None:
    told = Told()
    with told.progress:
        told.say("info#err", "Traceback (most recent call last):\n  File x\nKeyError: 1\n", STACK)
        told.say("warning", "old", DIRECTORY)
    assert told.lines == ["warning image-directory: old", "Traceback (most recent call last):\n  File x\nKeyError: 1"]


def test_what_is_only_read_is_no_change() -> None:
    for planning in (True, False):
        told = Told(planning=planning)
        told.step("resourcePreEvent", "read")
        told.step("resOutputsEvent", "read")
        told.take(summaryEvent={"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {"same": 2, "read": 1}})
        assert told.lines == []
        assert not told.progress.changed


def test_changed_looks_at_counts() -> None:
    told = Told(planning=True)
    told.take(summaryEvent={"resourceChanges": {"same": 8}, "durationSeconds": 1, "maybeCorrupt": False})
    assert told.progress.counts and not told.progress.changed
    told.take(summaryEvent={"resourceChanges": {"same": 7, "update": 1}, "durationSeconds": 1, "maybeCorrupt": False})
    assert told.progress.changed


def test_last_words_are_the_errors() -> None:
    said = "\n code: 255\n stdout: Updating\n stderr: error: getting config: bad\nhint\nerror: two"
    assert last_words(said) == "getting config: bad\ntwo"
    assert last_words("") == "it gave no reason"


def test_missing_plugin_gets_a_way_out() -> None:
    where = "found in the workspace at version v0.5.4 or on your $PATH"
    said = f"libvirt: no resource plugin 'pulumi-resource-libvirt' {where}"
    assert "pulumi plugin install resource libvirt v0.5.4" in with_way_out(said)
    assert with_way_out("other") == "other"
