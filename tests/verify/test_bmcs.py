"""BMCs on loopback, of either family, over TLS and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualstack.verify.model import Kind, Result, Way, Word
from tests.lab import bmc as lab
from tests.lab.certificates import certificate
from tests.verify.lab import failed, plan, results

HERE = Way(seconds=5.0)


def look(address: str) -> list[Result]:
    """Ask one BMC."""
    bmcs: list[dict[str, Any]] = [{"name": "rack1-01", "address": address}]
    return results(plan(provisioning={"bmcs": bmcs}), HERE, "redfish")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_bmc_of_each_family(family: str, tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", lab.LOOPBACK[family])
    with lab.running(tmp_path / "bmc", family, tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        address = f"redfish-virtualmedia{bmc.url.removeprefix('https')}/redfish/v1/Systems/1"
        found = look(address)
        bmc.stop()
        gone = look(address)

    assert [(one.word, one.family) for one in found] == [(Word.OK, family)] * 3
    assert {(kind, asked) for kind, _, asked in failed(gone)} == {(Kind.REDFISH, "HTTPS, GET /redfish/v1/")}


def test_nobody_knows_whether_a_bmcs_certificate_is_checked(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", "bmc.example", days=-1)
    with lab.running(tmp_path / "bmc", tls=(made.certificate, made.key, made.fingerprint)) as bmc:
        found = look(f"redfish-virtualmedia{bmc.url.removeprefix('https')}/redfish/v1/Systems/1")

    assert [one.word for one in found] == [Word.OK, Word.NOT_CHECKABLE, Word.NOT_CHECKABLE]
    assert "disableCertificateVerification" in found[1].fix


def test_a_plain_port_where_tls_is_planned(tmp_path: Path) -> None:
    with lab.running(tmp_path / "bmc") as bmc:
        plain = look(f"redfish-virtualmedia+{bmc.url}/redfish/v1/Systems/1")
        found = look(f"redfish-virtualmedia{bmc.url.removeprefix('http')}/redfish/v1/Systems/1")

    assert [one.word for one in plain] == [Word.OK]
    assert len(failed(found)) == 1
    assert "TLS" in found[0].seen


def test_ipmi_is_not_checkable() -> None:
    (one,) = look("ipmi://192.168.100.21")

    assert one.word is Word.NOT_CHECKABLE
    assert one.fix
