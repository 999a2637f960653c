"""Certificates of RKE2, and the clock."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.verify.model import Word
from tests.verify.machine.said import NOW, Fault, crt, judged, site, told

TLS = "crt:/var/lib/rancher/rke2/server/tls/"


def has(days: int, name: str = "serving-kube-apiserver.crt") -> Fault:
    return lambda said: said.update({TLS + name: crt(days)})


@pytest.mark.parametrize(
    ("fault", "words", "fix"),
    [
        (has(-1), "serving-kube-apiserver.crt ended", "restart rke2-server"),
        (has(5), "serving-kube-apiserver.crt ends within 14 days", "restart rke2-server"),
        (has(5, "client-admin.crt"), "client-admin.crt ends within", "restart rke2-server"),
        (has(5, "server-ca.crt"), "server-ca.crt ends within", "rotate-ca"),
    ],
)
def test_what_ends_is_told_before(fault: Fault, words: str, fix: str) -> None:
    found = [one for one in judged(site(), fault) if one.word is Word.FAILED]

    (one,) = found
    assert one.asked == "certificates of RKE2"
    assert words in one.seen
    assert fix in one.fix
    assert one.ends is not None


def test_what_a_restart_renews_is_fine_and_told() -> None:
    (one,) = [one for one in judged(site(), has(60)) if one.asked == "certificates of RKE2"]

    assert one.word is Word.OK
    assert "restart rke2-server renews it" in one.seen


@pytest.mark.parametrize(("user", "words"), [("0", "there are none"), ("1000", "only root")])
def test_no_certificates(user: str, words: str) -> None:
    def none(said: dict[str, Any]) -> None:
        for key in [key for key in said if key.startswith("crt:")]:
            del said[key]
        said["user"] = user

    assert words in told(judged(site(), none), Word.NOT_CHECKABLE)["certificates of RKE2"]


@pytest.mark.parametrize(
    ("clock", "words"),
    [(NOW + 90, "90 s ahead of"), (NOW - 4000, "4000 s behind")],
)
def test_a_clock_that_is_off(clock: float, words: str) -> None:
    found = told(judged(site(), lambda said: said.update(clock=str(clock))))

    assert set(found) == {"clock"}
    assert words in found["clock"]


def test_a_clock_that_nobody_keeps() -> None:
    assert "no time server" in told(judged(site(), lambda said: said.update(synchronized="no")))["clock"]
    assert told(judged(site(), lambda said: said.update(synchronized=None))) == {}
    assert "clock" in told(judged(site(), lambda said: said.update(clock="late")), Word.NOT_CHECKABLE)


def test_a_machine_of_another_name() -> None:
    found = told(judged(site(), lambda said: said.update(host="localhost\n")))

    assert found == {"host name": "it calls itself localhost, and not mgmt-1"}
