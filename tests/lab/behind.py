"""A host that only a bastion reaches: two network namespaces and the links between them and here."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import PROJECT
from tests.lab import api

HOST = {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"}
"""The node addresses of the tests' sites."""


class Behind:
    """The networks. ``jump`` has a way to here and to ``host``; ``host`` has one to ``jump`` only."""

    def __init__(self, number: int) -> None:
        """Choose names and addresses that no other test run has.

        Args:
            number: such as the process id.
        """
        self._tag = f"ds{number % 1000000}"
        third, fourth = number // 64 % 256, number % 64 * 4
        self._here, self.bastion = f"198.18.{third}.{fourth + 1}", f"198.18.{third}.{fourth + 2}"

    def inside(self, part: str) -> tuple[str, ...]:
        """Give what starts a command in ``jump`` or ``host``."""
        return ("ip", "netns", "exec", self._tag + part)

    def ip(self, line: str) -> None:
        """Run ``ip``; ``jump`` and ``host`` after ``-n`` are these networks."""
        words = line.replace("-n jump", f"-n {self._tag}jump").replace("-n host", f"-n {self._tag}host").split()
        subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)

    def make(self) -> None:
        """Make networks, links and addresses."""
        for line in (
            f"netns add {self._tag}jump",
            f"netns add {self._tag}host",
            f"link add {self._tag} type veth peer name near netns {self._tag}jump",
            f"addr add {self._here}/30 dev {self._tag}",
            f"link set {self._tag} up",
            f"-n jump addr add {self.bastion}/30 dev near",
            "-n jump link set near up",
            "-n jump link set lo up",
            f"-n jump link add far type veth peer name eth0 netns {self._tag}host",
            "-n jump addr add 192.168.100.1/24 dev far",
            "-n jump addr add fd00:100::1/64 dev far nodad",
            "-n jump link set far up",
            f"-n host addr add {HOST['ipv4']}/24 dev eth0",
            f"-n host addr add {HOST['ipv6']}/64 dev eth0 nodad",
            "-n host link set eth0 up",
            "-n host link set lo up",
        ):
            self.ip(line)

    def remove(self) -> None:
        """Remove what there is of it."""
        for line in (f"netns del {self._tag}jump", f"netns del {self._tag}host", f"link del {self._tag}"):
            with contextlib.suppress(subprocess.CalledProcessError):
                self.ip(line)

    @contextlib.contextmanager
    def listening(self, *addresses: str, certificate: Path | None = None) -> Iterator[None]:
        """Let the host's API answer on port 6443 of these addresses; the certificate's file holds its key, too."""
        command = [*self.inside("host"), sys.executable, "-m", "tests.lab.api", str(certificate or ""), *addresses]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None and process.stdout.readline() == "on\n"
            yield
        finally:
            process.kill()
            process.communicate(timeout=20)


@contextlib.contextmanager
def behind() -> Iterator[Behind]:
    """Make the networks, or skip the test with the reason."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and ip to make networks of its own (apt-get install iproute2)")
    networks = Behind(os.getpid())
    try:
        networks.make()
    except subprocess.CalledProcessError as error:
        networks.remove()
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    try:
        yield networks
    finally:
        networks.remove()


def certificate(folder: Path) -> Path:
    """Make a certificate for the host and for loopback, with its key in the same file."""
    made = folder / "certificate.pem"
    made.write_text(api.certificate((*api.HERE, *HOST.values())))
    return made
