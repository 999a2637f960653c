"""A login by SSH to a server whose key is known beforehand, and connections that it opens for us (RFC 4254, 7.2).

asyncssh, not the machine's ``ssh``: the private key stays in memory, and failures come as codes in place of texts that
differ by version. Nothing is taken from ~/.ssh: a login means the same for whoever runs it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncssh

from dualstack.probe.connect import Probe, Status

LOGIN_SECONDS: Final = 15.0
NO_ROUTE: Final = ("open failed", "Network is unreachable", "Cannot assign requested address")
"""What OpenSSH's sshd says where its own kernel refuses: the first when that is at once."""
_WORDS: Final[Mapping[str, Status]] = {
    "Connection refused": Status.REFUSED,
    "No route to host": Status.UNREACHABLE,
    **dict.fromkeys(NO_ROUTE, Status.NO_ROUTE),
}


class Refused(Exception):
    """No login, and waiting cannot help; the text is for a person."""


class Stranger(Refused):
    """Another key than the server's was shown; nothing was sent."""


@dataclass(frozen=True)
class Login:
    """Where to log in, and as whom.

    Attributes:
        what: in words, with an article: ``the jump host``.
        path: of the site, which holds its settings: ``host.jump``.
        host: name or address.
        host_key: the line of its public key.
        key_field: of the site, where ``host_key`` stands.
        private_key: in OpenSSH's or PEM form; those of the SSH agent where None.
        seconds: for the connection, and again for the login.
    """

    what: str
    path: str
    host: str
    port: int
    user: str
    host_key: str
    key_field: str
    private_key: str | None = field(default=None, repr=False)
    seconds: float = LOGIN_SECONDS

    @property
    def where(self) -> str:
        """User, host and port in words."""
        return f"{self.user}@{self.host} port {self.port}"


async def connected(login: Login, tunnel: asyncssh.SSHClientConnection | None = None) -> asyncssh.SSHClientConnection:
    """Log in.

    Args:
        login: where, and as whom.
        tunnel: a login through which the connection goes.

    Raises:
        Refused: the server has another key, or takes none of ours, or there is none.
        OSError: it is not reached; ``TimeoutError`` is one.
        asyncssh.Error: it speaks no SSH, or ends the connection.
    """
    known = _host_key(login)
    try:
        async with _keys(login) as keys:
            return await asyncssh.connect(
                login.host,
                login.port,
                tunnel=tunnel or (),
                username=login.user,
                known_hosts=([known], [], []),
                client_keys=keys,
                agent_path=None,
                preferred_auth="publickey",
                config=None,
                connect_timeout=login.seconds,
                login_timeout=login.seconds,
                keepalive_interval=LOGIN_SECONDS,
            )
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        raise Stranger(
            f"{login.what} {login.where} has another SSH key than {login.key_field}: either the server was made "
            "anew, or this is not it; nothing was sent to it. Compare with its /etc/ssh/ssh_host_ed25519_key.pub"
        ) from error
    except asyncssh.PermissionDenied as error:
        key = "any key of the SSH agent" if login.private_key is None else f"the key of {login.path}.privateKeyKey"
        raise Refused(
            f"{login.what} {login.where} does not take {key}; add the public key to the user's authorized_keys"
        ) from error


def _host_key(login: Login) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(login.host_key)
    except ValueError:  # asyncssh's own is one
        raise Refused(f"{login.key_field} is no public key; write a line such as ssh-ed25519 AAAA...") from None


def _private_key(login: Login, text: str) -> asyncssh.SSHKey:
    where = f"the key of {login.path}.privateKeyKey"
    try:
        return asyncssh.import_private_key(text)
    except ValueError as error:  # asyncssh's own are some
        if isinstance(error, asyncssh.KeyEncryptionError) or "Passphrase" in str(error):
            fix = "give a key without one, or use an SSH agent"
            raise Refused(f"{where} has a passphrase, which nobody can type here; {fix}") from None
        raise Refused(f"{where} is no private key; give one of OpenSSH's or PEM form") from None


@contextlib.asynccontextmanager
async def _keys(login: Login) -> AsyncIterator[list[Any]]:
    if login.private_key is not None:
        yield [_private_key(login, login.private_key)]
        return
    path, agent = os.environ.get("SSH_AUTH_SOCK"), None
    with contextlib.suppress(OSError):
        agent = await asyncssh.connect_agent(path) if path else None
    try:
        keys = list(await agent.get_keys()) if agent is not None else []
        if not keys:
            raise Refused(
                f"there is no key for {login.what} {login.where}: no SSH agent with a key runs here "
                f"(SSH_AUTH_SOCK); start one, or name a secret with the private key in {login.path}.privateKeyKey"
            )
        yield keys
    finally:
        if agent is not None:
            agent.close()
            await agent.wait_closed()


def not_opened(error: asyncssh.ChannelOpenError, login: Login, address: str, port: int) -> Probe:
    """Tell what it means that a server opened no connection for us.

    Raises:
        Refused: its sshd never will.
    """
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        raise Refused(
            f"{login.what} {login.where} opens no connection to {address} port {port} for us ({error.reason}); its "
            "sshd must allow it: AllowTcpForwarding, PermitOpen, and no restriction at the key"
        ) from error
    return Probe(_WORDS.get(error.reason, Status.SILENT), f"{error.reason}, seen from {login.what}")


def words(error: BaseException) -> str:
    """Say in words why there is no connection."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        # asyncio has words of its own for errors of the system; those of names are below zero.
        number = error.errno or 0
        return os.strerror(number) if number > 0 else error.strerror or str(error)
    return getattr(error, "reason", "") or str(error) or type(error).__name__
