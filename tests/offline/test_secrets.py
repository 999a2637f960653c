"""No secret in clear stays anywhere in a recording."""

from __future__ import annotations

import json

import pytest

from dualstack.document.hiding import hide
from dualstack.offline import ProgramError, Recording
from dualstack.offline.redact import plain, secret, secret_texts, wire
from tests.offline.support import run

CANARY = "canary-4711-in-clear"
OWN = "own-canary-98765"


@pytest.fixture(params=[True, False], ids=["preview", "up"])
def recording(request: pytest.FixtureRequest) -> Recording:
    return run("secrets", {"canary": CANARY}, secret_keys=["proj:canary"], preview=request.param)


def test_the_canary_is_nowhere(recording: Recording) -> None:
    everything = repr(recording) + json.dumps([resource.to_json() for resource in recording.resources])
    for clear in (CANARY, CANARY.upper(), OWN):
        assert clear not in everything
    assert len(recording.resources) == 15


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain", "[secret]"),
        ("deep", {"a": [{"b": "[secret]"}, "[secret]"]}),
        ("concat", "[secret]"),
        ("json", "[secret]"),
        ("applied", "[secret]"),
        ("made", "[secret]"),
        ("forgot", {"url": "https://user:[secret]@host"}),
    ],
)
def test_a_components_inputs_and_outputs(recording: Recording, name: str, content: object) -> None:
    box = recording.one("test:index:Box", name)
    assert box.inputs == {"content": content, "nested": {"list": [content, 1]}}
    assert box.outputs == {"content": content, "deep": [{"content": content}]}
    inside = recording.one("kubernetes:core/v1:Secret", f"{name}-secret")
    assert inside.inputs["stringData"] == "[secret]"


def test_stack_outputs(recording: Recording) -> None:
    assert recording.outputs == {
        "direct": "[secret]",
        "forgot": "[secret]",
        "joined": "[secret]",
        "nested": {"list": [1, {"deep": "[secret]"}]},
        "plain": "harmless",
    }


def test_messages(recording: Recording) -> None:
    assert recording.log == (("stdout", "canary: [secret]"), ("warning", "the password is [secret]"))


def test_encrypted_config_needs_no_passphrase() -> None:
    recording = run("secrets", {"canary": "[secret]"}, secret_keys=["proj:canary"])
    assert recording.one("test:index:Box", "plain").inputs["content"] == "[secret]"
    assert recording.one("test:index:Box", "forgot").inputs["content"] == {"url": "https://user:[secret]@host"}


def test_nothing_is_hidden_that_is_no_secret() -> None:
    recording = run("secrets", {"canary": CANARY})
    assert recording.one("test:index:Box", "forgot").inputs["content"] == {"url": f"https://user:{CANARY}@host"}


def test_an_error_message_hides_secret_config() -> None:
    with pytest.raises(ProgramError) as caught:
        run("raising", {"how": "body", "password": CANARY}, secret_keys=["proj:password"])
    assert str(caught.value).endswith("KeyError: 'lost [secret]'")


def test_what_of_a_secret_is_hidden_elsewhere() -> None:
    assert secret_texts(["ab", "abc", '["longer-text", "word", 1]', "a\nb", "[secret]", "true", "1"]) == {
        "abc",
        '["longer-text", "word", 1]',
        r"[\"longer-text\", \"word\", 1]",
        "longer-text",
        "a\nb",
        r"a\nb",
    }
    assert hide({"key-abc": ["xabcx", 1, None]}, {"abc", "bc"}) == {"key-[secret]": ["x[secret]x", 1, None]}


def test_wire_values() -> None:
    output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    assert plain({**output, "value": {"b": 1.0, "a": 2.0}}) == {"a": 2, "b": 1}
    assert plain({**output, "value": CANARY, "secret": True}) == "[secret]"
    assert plain(output) == "[unknown]"
    seen: set[str] = set()
    assert plain({"x": [secret({"y": CANARY})]}, seen) == {"x": ["[secret]"]}
    assert seen == {CANARY}
    assert plain(wire({"a": ["[unknown]", {"b": "[secret]"}], "c": 1.5})) == {
        "a": ["[unknown]", {"b": "[secret]"}],
        "c": 1.5,
    }
    assert secret(secret("x")) == secret("x")
    assert isinstance(plain(3.0), int)
    assert plain(2.5) == 2.5
