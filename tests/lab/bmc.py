"""BMCs: sushy-tools' Redfish emulator with its fake driver, one process a BMC, on loopback of either family."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import pytest

LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}
SYSTEM = "da69abcc-dae0-4913-9a7b-d344043097c0"
MAC = "34:8a:b1:4b:20:01"
USER, PASSWORD = "admin", "correct-horse-bmc"


@dataclass
class Bmc:
    """A running emulator."""

    url: str
    process: subprocess.Popen[bytes]
    fingerprint: str | None

    @property
    def system(self) -> str:
        """Path of its one system."""
        return f"/redfish/v1/Systems/{SYSTEM}"

    def get(self, path: str) -> dict[str, Any]:
        """Ask it, past the code under test."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Basic {login}"})
        context = ssl._create_unverified_context() if self.url.startswith("https") else None
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    @property
    def power(self) -> str:
        """Whether the machine is On or Off."""
        return str(self.get(self.system)["PowerState"])

    @property
    def boots_from(self) -> tuple[str, str]:
        """Target and duration of the boot override."""
        boot = self.get(self.system)["Boot"]
        return boot["BootSourceOverrideTarget"], boot["BootSourceOverrideEnabled"]

    def stop(self) -> None:
        """End it, as a BMC that goes away."""
        self.process.kill()
        self.process.wait()


def emulator() -> str:
    """Return the program, or skip."""
    found = shutil.which("sushy-emulator", path=str(Path(sys.executable).parent)) or shutil.which("sushy-emulator")
    if found is None:
        pytest.skip("no sushy-emulator: pip install -r requirements-dev.txt")
    return found


def free_port(family: str) -> int:
    """Return a TCP port that nobody has."""
    kind = socket.AF_INET6 if family == "ipv6" else socket.AF_INET
    with socket.socket(kind) as sock:
        sock.bind((LOOPBACK[family], 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(
    folder: Path, family: str = "ipv4", *, power: str = "Off", tls: tuple[Path, Path, str] | None = None
) -> Iterator[Bmc]:
    """Run a BMC of one machine on loopback.

    Args:
        folder: for its files.
        family: of the address that it has.
        power: state of the machine at first.
        tls: certificate, key and the former's SHA-256; plain HTTP where None.
    """
    bmc = started(folder, LOOPBACK[family], free_port(family), power=power, tls=tls)
    try:
        _await(bmc, folder / "log")
        yield bmc
    finally:
        bmc.stop()


def started(
    folder: Path,
    address: str,
    port: int,
    *,
    power: str = "Off",
    tls: tuple[Path, Path, str] | None = None,
    prefix: Sequence[str] = (),
    mac: str = MAC,
) -> Bmc:
    """Start a BMC of one machine; ``prefix`` is a command that runs it elsewhere, such as in a network namespace."""
    folder.mkdir(parents=True, exist_ok=True)
    program = emulator()
    users = folder / "users"
    users.write_text(f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
    settings: dict[str, Any] = {
        "SUSHY_EMULATOR_LISTEN_IP": address,
        "SUSHY_EMULATOR_LISTEN_PORT": port,
        "SUSHY_EMULATOR_AUTH_FILE": str(users),
        "SUSHY_EMULATOR_STATE_DIR": str(folder),
        "SUSHY_EMULATOR_FAKE_DRIVER": True,
        "SUSHY_EMULATOR_FAKE_SYSTEMS": [_system(power, mac)],
    }
    if tls is not None:
        settings |= {"SUSHY_EMULATOR_SSL_CERT": str(tls[0]), "SUSHY_EMULATOR_SSL_KEY": str(tls[1])}
    config = folder / "emulator.conf"
    config.write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*prefix, program, "--config", config], stdout=log, stderr=log, env=environment)
    host = f"[{address}]" if ":" in address else address
    return Bmc(f"{'https' if tls else 'http'}://{host}:{port}", process, tls[2] if tls else None)


def _system(power: str, mac: str) -> Mapping[str, Any]:
    return {
        "uuid": SYSTEM,
        "name": "node",
        "power_state": power,
        "nics": [{"mac": mac, "ip": "192.168.100.11"}],
    }


def _await(bmc: Bmc, log: Path) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            bmc.get("/redfish/v1/Systems")
        except OSError:
            if bmc.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the BMC does not start:\n{log.read_text()}") from None
            time.sleep(0.1)
        else:
            return
