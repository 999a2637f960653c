"""Servers that answer well and are another cluster's."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import pytest

from dualstack.errors import InputError
from dualstack.verify.clusters import ASKED, comparing
from dualstack.verify.model import Kind, Proof, Result, Word
from tests.lab import api
from tests.lab.authority import Authority
from tests.sites import FQDN
from tests.verify.lab import V4, V6, Lab, plan, results, serving
from tests.verify.machine.said import site

OURS, THEIRS = Authority("rke2-server-ca@1"), Authority("rke2-server-ca@2")


def own(authority: Authority) -> str:
    return authority.issue((V4, V6), (FQDN,))


def healthy() -> dict[tuple[str, int], dict[str, object]]:
    pem = own(OURS)
    return {
        (address, port): {"pem": pem, **({"answer": OURS.answer} if port == 9345 else {})}
        for address in (V4, V6)
        for port in (6443, 9345)
    }


def compared(lab: Lab, *only: str, authority: bytes = b"") -> list[Result]:
    found = results(plan(), lab.way(), *(only or ("api", "supervisor")))
    return [one for one in comparing(plan(), authority)(found) if one.asked == ASKED]


def test_servers_of_one_cluster_are_silent() -> None:
    with serving(healthy()) as lab:
        found = compared(lab)
        alone = compared(lab, "api")
        known = compared(lab, authority=OURS.pem)

    assert [one.word for one in found] == [Word.OK] * 4
    assert {(one.kind, one.at, one.family) for one in found} == {
        (kind, f"{host}:{port}", family)
        for kind, port in ((Kind.API, 6443), (Kind.SUPERVISOR, 9345))
        for host, family in ((V4, "ipv4"), (f"[{V6}]", "ipv6"))
    }
    assert alone == []  # nobody was asked who the cluster is
    assert [one.word for one in known] == [Word.OK] * 4


@pytest.mark.parametrize(
    ("port", "fault", "words"),
    [
        (6443, {"pem": own(THEIRS)}, "signed by CN=rke2-server-ca@2, and not by the CA of"),
        (6443, {"pem": api.certificate((V4, V6), names=(FQDN,), days=300)}, "signed by CN=kube-apiserver"),
        (9345, {"pem": own(THEIRS)}, "signed by CN=rke2-server-ca@2"),
        (9345, {"pem": own(THEIRS), "answer": THEIRS.answer}, "hands out another CA (CN=rke2-server-ca@2"),
    ],
)
def test_one_address_of_another_cluster(port: int, fault: dict[str, object], words: str) -> None:
    with serving({**healthy(), (V6, port): fault}) as lab:
        found = [one for one in compared(lab) if one.word is not Word.OK]

    (one,) = found
    assert (one.word, one.at) == (Word.FAILED, f"[{V6}]:{port}")
    assert words in one.seen
    assert one.consequence
    assert one.fix


def test_a_chain_in_chunks_is_read() -> None:
    middle = OURS.pem + THEIRS.pem
    parts = (middle[:700], middle[700:])
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer += b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    with serving({**healthy(), (V6, 9345): {"pem": own(OURS), "answer": answer}}) as lab:
        assert {one.word for one in compared(lab)} == {Word.OK}


def test_a_kubeconfig_decides() -> None:
    with serving(healthy()) as lab:
        found = compared(lab, authority=THEIRS.pem)

    assert [one.word for one in found] == [Word.FAILED] * 4
    assert all("the kubeconfig" in one.seen for one in found)


def test_a_supervisor_that_hands_out_nothing() -> None:
    faults = healthy()
    for address in (V4, V6):
        faults[address, 9345] = {"pem": own(OURS), "answer": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"}
    with serving(faults) as lab:
        found = compared(lab)

    assert {one.word for one in found} == {Word.NOT_CHECKABLE}


def test_most_servers_are_right() -> None:
    """As after the bootstrap server was installed again, from an image that makes a cluster."""
    three = site()

    def result(address: str, authority: Authority) -> Result:
        begin = "-----BEGIN CERTIFICATE-----"
        shown = ssl.PEM_cert_to_DER_cert(begin + authority.issue((address,)).partition(begin)[2])
        return Result(Kind.SUPERVISOR, f"{address}:9345", "a", Word.OK, "", proof=Proof(shown, authority.answer))

    def strangers(found: Sequence[Result]) -> set[str]:
        return {one.at for one in comparing(three)(found) if one.word is Word.FAILED}

    first, second, third = (str(node.ipv4) for node in three.nodes)
    several = [result(first, THEIRS), result(second, OURS), result(third, OURS)]
    assert strangers(several) == {f"{first}:9345"}
    assert strangers(several[:2]) == {f"{second}:9345"}
    assert strangers(several[1::-1]) == {f"{second}:9345"}


def test_an_authority_that_cannot_be_read() -> None:
    with pytest.raises(InputError):
        comparing(plan(), b"no certificate")
