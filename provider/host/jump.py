"""Tries that start at a jump host: TCP connections that its SSH server opens for us."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import asyncssh

from dualstack.address.family import Family
from dualstack.probe.api import ask
from dualstack.probe.connect import Probe, Status
from dualstack.probe.ssh import Login, Refused, connected, not_opened, words
from dualstack.probe.tls import fingerprint
from provider.frame.handler import ResourceError

_SLICE: Final = 0.2


class Jump:
    """One jump host; the login is kept from try to try. Used by ``with``, in one thread."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Read the settings.

        Args:
            settings: ``host``, ``port``, ``user``, ``hostKey``, and ``privateKey`` where it is not the agent's.
        """
        self._login = Login(
            "the jump host",
            "host.jump",
            settings["host"],
            int(settings["port"]),
            settings["user"],
            settings["hostKey"],
            "host.jump.hostKey",
            settings.get("privateKey"),
        )
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._runner.run(self._connection.wait_closed())
        self._runner.close()

    def connect(self, family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
        """Let the jump host try once whether the API answers, as ``api.try_api`` does from here.

        Raises:
            ResourceError: waiting cannot help: another host key, no login, no forwarding.
        """
        return self._run(self._open(address, port, timeout, None), cancelled)

    def certificate(self, address: str, port: int, timeout: float) -> str | None:
        """Give the fingerprint of the certificate that is served there; None where none is."""
        found: list[str] = []
        self._run(self._open(address, port, timeout, found), lambda: False)
        return found[0] if found else None

    def _run(self, work: Any, cancelled: Callable[[], bool]) -> Probe:
        async def watched() -> Probe:
            task: asyncio.Task[Probe] = asyncio.ensure_future(work)
            while not task.done() and not cancelled():
                await asyncio.wait([task], timeout=_SLICE)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
            return Probe(Status.SILENT) if task.cancelled() else task.result()

        return self._runner.run(watched())

    async def _open(self, address: str, port: int, timeout: float, found: list[str] | None) -> Probe:
        try:
            return await self._opened(address, port, timeout, found)
        except Refused as error:
            raise ResourceError(str(error)) from error

    async def _opened(self, address: str, port: int, timeout: float, found: list[str] | None) -> Probe:
        try:
            connection = await self._connected()
        except (OSError, asyncssh.Error) as error:
            return Probe(Status.NO_JUMP, f"{self._login.where}: {words(error)}")
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await connection.open_connection(address, port)
            with contextlib.closing(writer):
                if found is None:
                    return await ask(reader.read, writer.write, address, port)
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    async with asyncio.timeout(timeout):
                        found.append(await fingerprint(reader.read, writer.write))
        except TimeoutError:
            return Probe(Status.SILENT, "no answer in time")
        except asyncssh.ChannelOpenError as error:
            return not_opened(error, self._login, address, port)
        except (OSError, asyncssh.Error) as error:
            self._connection = None
            return Probe(Status.NO_JUMP, f"{self._login.where}: {words(error)}")
        return Probe(Status.ANSWERED)

    async def _connected(self) -> asyncssh.SSHClientConnection:
        """Log in where we are not: a jump host that was restarted is no reason to give up."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connected(self._login)
        return self._connection


def host_key_problem(text: str) -> str | None:
    """Tell why a text cannot be used as a server's public key."""
    try:
        asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError):
        return "is no public key; write a line such as ssh-ed25519 AAAA..."
    return None


def private_key_problem(text: str) -> str | None:
    """Tell why a text cannot be used as a private key; the text itself is never told."""
    try:
        asyncssh.import_private_key(text)
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError, ValueError) as error:
        if "Passphrase" in str(error) or isinstance(error, asyncssh.KeyEncryptionError):
            return "has a passphrase, which nobody can type here; give a key without one, or use an SSH agent"
        return "is no private key of OpenSSH's or PEM form"
    return None
