"""A real OpenSSH server of the test's own: keys, configuration and processes below one folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest

from tests.lab.bind import free_port
from tests.lab.standins.project import descendants
from tests.lab.tools import needed

START_TIMEOUT = 20.0


class Sshd:
    """One server on loopback, in both families; ``with`` starts and stops it."""

    def __init__(self, folder: Path, *options: str, prefix: tuple[str, ...] = (), user: str = "") -> None:
        """Make its files.

        Args:
            folder: where they are.
            options: further lines of its configuration.
            prefix: a command that starts it, such as ``ip netns exec NAME``.
            user: who may log in; whoever runs the test where empty.
        """
        self.binary = needed("sshd")
        self.folder = folder
        self.user = user or pwd.getpwuid(os.geteuid()).pw_name
        self.port = 0
        self._options, self._prefix = options, prefix
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        for name, kind in (
            ("host_ed25519", "ed25519"),
            ("host_rsa", "rsa"),
            ("host_ecdsa", "ecdsa"),
            ("user", "ed25519"),
        ):
            keygen(folder / name, kind)
        self.authorize(self.folder / "user.pub")

    @property
    def host_key(self) -> str:
        """The line of its Ed25519 key."""
        return self.public("host_ed25519")

    @property
    def private_key(self) -> str:
        """The key that may log in."""
        return (self.folder / "user").read_text()

    def public(self, name: str) -> str:
        """Give the line of a public key."""
        return (self.folder / f"{name}.pub").read_text().strip()

    def authorize(self, key: Path, restrictions: str = "") -> None:
        """Let a key log in, and no other."""
        text = key.read_text()
        (self.folder / "authorized").write_text(f"{restrictions} {text}" if restrictions else text)

    def __enter__(self) -> Self:
        for _ in range(5):
            self.port = self.port or free_port()
            (self.folder / "config").write_text(self._config())
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [*self._prefix, *self._command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            if self._listens():
                return self
            self.__exit__()
            self.port = 0
        raise AssertionError(self.log())

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        # Sessions outlive the server otherwise.
        for pid in [self._process.pid, *descendants(self._process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        finally:
            self._process.kill()
        self._process = None

    def log(self) -> str:
        """Give what it logged."""
        return (self.folder / "log").read_text(errors="replace")

    def _command(self) -> list[str]:
        command = [str(self.binary), "-D", "-e", "-f", str(self.folder / "config")]
        if os.geteuid() != 0:
            return command
        # For root it wants /run/sshd, which is nobody's to leave behind on this machine.
        if shutil.which("unshare") is None:
            pytest.skip("sshd as root needs unshare (apt-get install util-linux)")
        script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", *command]

    def _listens(self) -> bool:
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end and self._process is not None and self._process.poll() is None:
            if self._prefix:
                if self.log().count("Server listening on") >= 2:
                    return True
            else:
                with contextlib.suppress(OSError), socket.create_connection(("::1", self.port), timeout=2) as one:
                    if one.recv(4) == b"SSH-":
                        return True
            time.sleep(0.05)
        return False

    def _config(self) -> str:
        lines = [
            f"Port {self.port}",
            "ListenAddress 0.0.0.0" if self._prefix else "ListenAddress 127.0.0.1",
            "ListenAddress ::" if self._prefix else "ListenAddress ::1",
            *(f"HostKey {self.folder / name}" for name in ("host_ed25519", "host_rsa", "host_ecdsa")),
            f"AuthorizedKeysFile {self.folder / 'authorized'}",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "UseDNS no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "MaxStartups 100",
            "LogLevel VERBOSE",
            *self._options,
        ]
        return "\n".join(lines) + "\n"


def keygen(path: Path, kind: str = "ed25519") -> None:
    """Make a pair of keys."""
    subprocess.run(
        [needed("ssh-keygen"), "-q", "-t", kind, "-N", "", "-C", path.name, "-f", path], check=True, timeout=60
    )
