"""BMCs on loopback, of either family, over TLS and without: of machines, and of the site's own nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dualstack.address.family import FAMILIES
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.run import all_checks, verify
from tests.lab import api
from tests.lab import bmc as lab
from tests.lab.bind import free_port
from tests.lab.certificates import Certificate, certificate
from tests.sites import mapping
from tests.verify.lab import failed, plan, results

HERE = Way(seconds=5.0)
TAIL = f"redfish/v1/Systems/{lab.SYSTEM}"
SECRET = {"bmcPassword": lab.PASSWORD}


def look(address: str) -> list[Result]:
    """Ask the BMC of a machine that the site provisions."""
    bmcs: list[dict[str, Any]] = [{"name": "rack1-01", "address": address}]
    return results(plan(provisioning={"bmcs": bmcs}), HERE, "redfish")


def own(
    bmc: lab.Bmc, secrets: Mapping[str, str] = SECRET, *, url: str = "", tail: str = TAIL, **more: Any
) -> dict[str, Result]:
    """Ask the BMC of a node that was installed through it; results by what was asked."""
    nodes = mapping()["nodes"]
    address = f"redfish-virtualmedia+{url or bmc.url}/{tail}".rstrip("/")
    nodes[0]["bmc"] = {"address": address, "username": lab.USER, "passwordKey": "bmcPassword", **more}
    site = plan(nodes=nodes, host={"kind": "redfish", "redfish": {"media": "image.iso"}})
    wanted: list[Check] = [check for check in all_checks(site, secrets) if check.kind is Kind.REDFISH]
    return {one.asked: one for one in verify(wanted, FAMILIES, HERE, lambda *_: None)}


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_bmc_of_each_family(family: str, tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", lab.LOOPBACK[family], days=100)
    with lab.running(tmp_path / "bmc", family, tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        address = f"redfish-virtualmedia{bmc.url.removeprefix('https')}/{TAIL}"
        found = look(address)
        bmc.stop()
        gone = look(address)

    assert [(one.word, one.family) for one in found[:3]] == [(Word.OK, family)] * 3
    assert [(one.word, one.asked, one.seen) for one in found[3:]] == [
        (Word.NOT_CHECKABLE, "virtual media", "it wants a login")
    ]
    assert {(kind, asked) for kind, _, asked in failed(gone)} == {(Kind.REDFISH, "HTTPS, GET /redfish/v1/")}


def test_nobody_knows_whether_a_bmcs_certificate_is_checked(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", "bmc.example", days=-1)
    with lab.running(tmp_path / "bmc", tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        found = look(f"redfish-virtualmedia{bmc.url.removeprefix('https')}/{TAIL}")

    assert [one.word for one in found] == [Word.OK, *[Word.NOT_CHECKABLE] * 3]
    assert "disableCertificateVerification" in found[1].fix


def test_a_plain_port_where_tls_is_planned(tmp_path: Path) -> None:
    with lab.running(tmp_path / "bmc") as bmc:
        plain = look(f"redfish-virtualmedia+{bmc.url}/{TAIL}")
        found = look(f"redfish-virtualmedia{bmc.url.removeprefix('http')}/{TAIL}")

    assert [one.word for one in plain] == [Word.OK, Word.NOT_CHECKABLE]
    assert len(failed(found)) == 1
    assert "TLS" in found[0].seen


def test_ipmi_is_not_checkable() -> None:
    (one,) = look("ipmi://192.168.100.21")

    assert one.word is Word.NOT_CHECKABLE
    assert one.fix


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1", "::1", days=100)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_nodes_own_bmc_as_planned_is_silent(family: str, tmp_path: Path, made: Certificate) -> None:
    tls = (made.certificate, made.key, made.fingerprint)
    with lab.running(tmp_path / "bmc", family, tls=tls) as bmc:
        found = own(bmc, fingerprint=made.fingerprint)
        one_system = own(bmc, tail="", fingerprint=made.fingerprint)
        assert bmc.power == "Off"  # nothing was done to it

    asked = ["HTTPS, GET /redfish/v1/", "certificate: fingerprint", "system", "virtual media"]
    for one in (found, one_system):
        assert {name: result.word for name, result in one.items()} == dict.fromkeys(asked, Word.OK)
        assert {result.family for result in one.values()} == {family}
    assert "CD" in found["virtual media"].seen


def test_each_fault_of_a_nodes_own_bmc(tmp_path: Path, made: Certificate) -> None:
    with lab.running(tmp_path / "bmc", tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        pinned: dict[str, Any] = {"fingerprint": made.fingerprint}
        system = own(bmc, tail="redfish/v1/Systems/other", **pinned)
        refused = own(bmc, {"bmcPassword": "wrong"}, **pinned)
        without = own(bmc, {}, **pinned)
        stranger = own(bmc, fingerprint="0" * 64)
        unknown = own(bmc)

    assert [name for name, one in system.items() if one.word is Word.FAILED] == ["system"]
    assert lab.SYSTEM in system["system"].seen
    assert [name for name, one in refused.items() if one.word is Word.FAILED] == ["system"]
    assert "refuses the login" in refused["system"].seen
    assert without["virtual media"].word is Word.NOT_CHECKABLE
    assert "--secret bmcPassword=@FILE" in without["virtual media"].fix
    assert [name for name, one in stranger.items() if one.word is Word.FAILED] == ["certificate: fingerprint"]
    assert stranger["virtual media"].word is Word.NOT_CHECKABLE
    assert "certificate: authority" in [name for name, one in unknown.items() if one.word is Word.FAILED]
    assert unknown["virtual media"].word is Word.NOT_CHECKABLE
    assert lab.PASSWORD not in repr((system, refused, without, stranger, unknown))


def test_a_login_goes_only_to_whom_the_pin_knows(tmp_path: Path) -> None:
    """A stranger at the BMC's address sees no login, whatever it answers."""
    seen: list[bytes] = []
    port = free_port()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    bmc = lab.Bmc(f"https://127.0.0.1:{port}", None, None)  # type: ignore[arg-type]
    with api.serving(("127.0.0.1",), port, answer=answer, heard=seen):
        own(bmc, fingerprint="0" * 64)
        own(bmc)
    assert seen
    assert not any(b"Authorization" in one for one in seen)


def test_an_authority_vouches(tmp_path: Path, made: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.certificate))
    with lab.running(tmp_path / "bmc", tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        found = own(bmc)

    assert {one.word for one in found.values()} == {Word.OK}
    assert "certificate: authority" in found


@pytest.mark.parametrize(
    ("drive", "words"),
    [
        (b'{"MediaTypes": ["Floppy", "USBStick"]}', "take Floppy, USBStick only"),
        (b'{"MediaTypes": []}', "has no virtual drive"),
        (b"{}", "has no virtual drive"),
    ],
)
def test_a_bmc_without_a_virtual_cd(drive: bytes, words: str) -> None:
    found = answering({
        "/redfish/v1/": b"{}",
        f"/{TAIL}": b'{"VirtualMedia": {"@odata.id": "/redfish/v1/VM"}}',
        "/redfish/v1/VM": b'{"Members": [{"@odata.id": "/redfish/v1/VM/1"}]}',
        "/redfish/v1/VM/1": drive,
    })  # fmt: skip

    assert [name for name, one in found.items() if one.word is Word.FAILED] == ["virtual media"]
    assert words in found["virtual media"].seen
    assert "licence" in found["virtual media"].fix


def test_a_drive_of_the_manager_counts() -> None:
    found = answering({
        "/redfish/v1/": b"{}",
        f"/{TAIL}": b'{"Links": {"ManagedBy": [{"@odata.id": "/redfish/v1/M"}]}}',
        "/redfish/v1/M": b'{"VirtualMedia": {"@odata.id": "/redfish/v1/VM"}}',
        "/redfish/v1/VM": b'{"Members": [{"@odata.id": "/redfish/v1/VM/1"}]}',
        "/redfish/v1/VM/1": b'{"MediaTypes": ["DVD"]}',
    })  # fmt: skip

    assert {one.word for one in found.values()} == {Word.OK}


@pytest.mark.parametrize(
    ("image", "own", "seen", "fix"),
    [
        (
            f"http://192.0.2.1:81/{'x' * 43}/lyon/mgmt-1/1.iso",
            True,
            "192.0.2.1:81/.../lyon/mgmt-1/1.iso",
            "dualstack up",
        ),
        ("https://me:secret@192.0.2.1/a\x1b]8.iso?t=secret", True, r"https://...@192.0.2.1/a\x1b]8.iso", "eject it"),
        (f"http://192.0.2.1:81/{'x' * 43}/lyon/mgmt-1/1.iso", False, "takes CD", ""),
    ],
)
def test_an_image_in_the_drive_of_a_node_is_told(image: str, own: bool, seen: str, fix: str) -> None:
    drive = {"MediaTypes": ["CD"], "Inserted": True, "Image": image}
    found = answering(
        {
            "/redfish/v1/": b"{}",
            f"/{TAIL}": b'{"VirtualMedia": {"@odata.id": "/redfish/v1/VM"}}',
            "/redfish/v1/VM": b'{"Members": [{"@odata.id": "/redfish/v1/VM/1"}]}',
            "/redfish/v1/VM/1": json.dumps(drive).encode(),
        },
        own_bmc=own,
    )["virtual media"]
    assert found.word is (Word.FAILED if own else Word.OK)
    assert found.seen.endswith(seen) and fix in found.fix
    assert "secret" not in repr(found) and "x" * 43 not in repr(found)


@pytest.mark.parametrize("bad", [b"", b"[]", b"{", b'{"Links": 3, "VirtualMedia": "x"}', b'{"Members": {"a": 1}}'])
def test_nonsense_is_no_crash(bad: bytes) -> None:
    found = answering({"/redfish/v1/": b"{}", f"/{TAIL}": bad, "/redfish/v1/Systems": bad})

    assert Word.OK in {one.word for one in found.values()}


def answering(pages: Mapping[str, bytes], *, own_bmc: bool = True) -> dict[str, Result]:
    """Ask a BMC without TLS that gives these pages: a node's, or that of a machine that the site provisions."""
    port = free_port()

    def answer(request: bytes) -> bytes:
        page = pages.get(request.split(b" ")[1].decode())
        status = b"200 OK" if page is not None else b"404 Not Found"
        return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(page or b""), page or b"")

    with api.serving(("127.0.0.1",), port, answer=answer, tls=False):
        if not own_bmc:
            return {one.asked: one for one in look(f"redfish-virtualmedia+http://127.0.0.1:{port}/{TAIL}")}
        return own(lab.Bmc(f"http://127.0.0.1:{port}", None, None))  # type: ignore[arg-type]
