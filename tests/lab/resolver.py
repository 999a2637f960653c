"""A real BIND that asks another server, and validates what that says."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import time
from pathlib import Path
from typing import Self

import dns.exception
import dns.message
import dns.query

from tests.lab.bind import free_port
from tests.lab.tools import needed

START_TIMEOUT = 20.0


class Resolver:
    """One resolver on loopback, both families; ``with`` starts and stops it."""

    def __init__(self, folder: Path, upstream: int, *, anchor: str = "") -> None:
        """Choose whom it asks.

        Args:
            folder: where its files are.
            upstream: port of the server on loopback.
            anchor: a name that is to be signed by a key which nobody has.
        """
        self.binary, self.folder, self.port = needed("named"), folder, 0
        self._upstream, self._anchor = upstream, anchor
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.port = free_port()
        (self.folder / "resolver.conf").write_text(self._config())
        with (self.folder / "resolver.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binary, "-f", "-n", "1", "-c", self.folder / "resolver.conf"], stdout=log, stderr=log
            )
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError, EOFError, dns.exception.DNSException):
                for address in ("127.0.0.1", "::1"):
                    dns.query.tcp(dns.message.make_query("invalid.", "A"), address, port=self.port, timeout=2)
                return self
            time.sleep(0.05)
        self.__exit__()
        raise AssertionError((self.folder / "resolver.log").read_text())

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)

    def _config(self) -> str:
        key = base64.b64encode(bytes(range(64))).decode()
        anchors = f'trust-anchors {{ "{self._anchor}" static-key 257 3 13 "{key}"; }};' if self._anchor else ""
        validation = "yes" if self._anchor else "no"
        return (
            f'options {{ directory "{self.folder}"; listen-on port {self.port} {{ 127.0.0.1; }}; '
            f"listen-on-v6 port {self.port} {{ ::1; }}; pid-file none; lock-file none; session-keyfile none; "
            f'managed-keys-directory "{self.folder}"; recursion yes; allow-recursion {{ any; }}; forward only; '
            f"forwarders {{ 127.0.0.1 port {self._upstream}; }}; dnssec-validation {validation}; "
            f"empty-zones-enable no; }};\n{anchors}\n"
            "controls { };\nlogging { channel all { stderr; severity info; }; category default { all; }; };\n"
        )
