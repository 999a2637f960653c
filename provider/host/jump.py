"""Tries that start at a jump host: TCP connections that its SSH server opens for us (RFC 4254, section 7.2).

asyncssh, not the machine's ``ssh``: the private key stays in memory, both families use one login, and failures come as
codes in place of texts that differ by version. Nothing is taken from ~/.ssh: a wait means the same for whoever runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Self

import asyncssh

from dualstack.probe.api import ask
from dualstack.probe.connect import Family, Probe, Status
from dualstack.probe.tls import fingerprint
from provider.frame.handler import ResourceError

LOGIN_SECONDS: Final = 15.0
_NO_ROUTE: Final = ("open failed", "Network is unreachable", "Cannot assign requested address")
"""What OpenSSH's sshd says where its own kernel refuses: the first when that is at once."""
_WORDS: Final[Mapping[str, Status]] = {
    "Connection refused": Status.REFUSED,
    "No route to host": Status.UNREACHABLE,
    **dict.fromkeys(_NO_ROUTE, Status.NO_ROUTE),
}
_SLICE: Final = 0.2


class Jump:
    """One jump host; the login is kept from try to try. Used by ``with``, in one thread."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Read the settings.

        Args:
            settings: ``host``, ``port``, ``user``, ``hostKey``, and ``privateKey`` where it is not the agent's.
        """
        self._settings = settings
        self._where = f"{settings['user']}@{settings['host']} port {settings['port']}"
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
            connection = await self._login()
        except (OSError, asyncssh.Error) as error:
            return Probe(Status.NO_JUMP, f"{self._where}: {_words(error)}")
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
            if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
                raise ResourceError(
                    f"the jump host {self._where} opens no connection to {address} port {port} for us "
                    f"({error.reason}); its sshd must allow it: AllowTcpForwarding, PermitOpen, and no restriction at "
                    "the key"
                ) from error
            return Probe(_WORDS.get(error.reason, Status.SILENT), f"{error.reason}, seen from the jump host")
        except (OSError, asyncssh.Error) as error:
            self._connection = None
            return Probe(Status.NO_JUMP, f"{self._where}: {_words(error)}")
        return Probe(Status.ANSWERED)

    async def _login(self) -> asyncssh.SSHClientConnection:
        """Log in where we are not: a jump host that was restarted is no reason to give up."""
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        given = self._settings
        try:
            async with self._keys() as keys:
                self._connection = await asyncssh.connect(
                    given["host"],
                    int(given["port"]),
                    username=given["user"],
                    known_hosts=([asyncssh.import_public_key(given["hostKey"])], [], []),
                    client_keys=keys,
                    agent_path=None,
                    preferred_auth="publickey",
                    config=None,
                    connect_timeout=LOGIN_SECONDS,
                    login_timeout=LOGIN_SECONDS,
                    keepalive_interval=LOGIN_SECONDS,
                )
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            raise ResourceError(
                f"the jump host {self._where} has another SSH key than host.jump.hostKey: either the server was made "
                "anew, or this is not it; nothing was sent to it. Compare with its /etc/ssh/ssh_host_ed25519_key.pub"
            ) from error
        except asyncssh.PermissionDenied as error:
            key = "the key of host.jump.privateKeyKey" if "privateKey" in given else "any key of the SSH agent"
            raise ResourceError(
                f"the jump host {self._where} does not take {key}; add the public key to the user's authorized_keys"
            ) from error
        return self._connection

    @contextlib.asynccontextmanager
    async def _keys(self) -> AsyncIterator[list[Any]]:
        given = self._settings.get("privateKey")
        if given is not None:
            yield [asyncssh.import_private_key(given)]
            return
        path, agent = os.environ.get("SSH_AUTH_SOCK"), None
        with contextlib.suppress(OSError):
            agent = await asyncssh.connect_agent(path) if path else None
        try:
            keys = list(await agent.get_keys()) if agent is not None else []
            if not keys:
                raise ResourceError(
                    f"there is no key for the jump host {self._where}: no SSH agent with a key runs here "
                    "(SSH_AUTH_SOCK); start one, or name a secret with the private key in host.jump.privateKeyKey"
                )
            yield keys
        finally:
            if agent is not None:
                agent.close()
                await agent.wait_closed()


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


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return getattr(error, "reason", "") or str(error) or type(error).__name__
