"""From where one asks: the machine that ``verify`` runs on, or the site's jump host."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from dualstack.address.family import family_of_text
from dualstack.probe.connect import Probe, Status, connect
from dualstack.scratch import scratch

if TYPE_CHECKING:
    import socket

    import asyncssh

    from dualstack.probe.ssh import Login

T = TypeVar("T")
Read = Callable[[int], Awaitable[bytes]]
Write = Callable[[bytes], object]
Talk = Callable[[Read, Write], Awaitable[Probe]]
"""What is said over a connection, and decides then what the try told."""

_AGAIN: Final = 5.0
"""Seconds after a failed login in which nobody tries it again."""


class Place(Protocol):
    """Where connections begin."""

    words: str
    """``from here``, or another place's words."""
    other: str
    """What would ask from another place; empty where nothing would."""
    datagrams: bool
    """Whether UDP can be sent from it."""

    def speak(self, address: str, port: int, seconds: float, stop: threading.Event, talk: Talk) -> Probe:
        """Connect, and talk; a place that is not reached itself is ``NO_JUMP``."""
        ...

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do what needs the place's event loop."""
        ...

    async def tunnel(self) -> asyncssh.SSHClientConnection | None:
        """Give the login through which logins to machines go; None where they are reached from this machine.

        Raises:
            Refused: there is none, and never will be.
            OSError: the place is not reached.
            asyncssh.Error: the same.
        """
        ...

    async def door(self, address: str, port: int) -> str:
        """Give the path of a UNIX socket that leads to a server, for libraries that want one; else nothing.

        Raises:
            As ``tunnel``.
        """
        ...


class Here:
    """This machine."""

    words = "from here"
    datagrams = True

    def __init__(self, other: str = "") -> None:
        """Begin; ``other`` is what would ask from another place."""
        self.other = other

    def speak(self, address: str, port: int, seconds: float, stop: threading.Event, talk: Talk) -> Probe:
        """Connect, and talk."""

        def over(sock: socket.socket) -> Probe:
            async def work() -> Probe:
                reader, writer = await asyncio.open_connection(sock=sock)
                try:
                    return await talk(reader.read, writer.write)
                finally:
                    writer.close()

            return asyncio.run(work())

        return connect(family_of_text(address), address, port, seconds, stop.is_set, over)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it in a loop of its own."""
        return asyncio.run(work())

    async def tunnel(self) -> asyncssh.SSHClientConnection | None:
        """Give none."""
        return None

    async def door(self, address: str, port: int) -> str:
        """Give none."""
        return ""


class JumpHost:
    """The site's jump host: one login, over which all connections go; for ``with``."""

    words = "from the jump host"
    other = ""
    datagrams = False

    def __init__(self, login: Login) -> None:
        """Keep how to log in; nothing is sent yet."""
        self._login = login
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._once = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._failure: Exception | None = None
        self._failed = 0.0
        self._making = asyncio.Lock()
        self._doors: dict[tuple[asyncssh.SSHClientConnection, str, int], str] = {}
        self._held = ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> JumpHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            await self._connection.wait_closed()
        self._held.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it in the loop of the login."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def speak(self, address: str, port: int, seconds: float, stop: threading.Event, talk: Talk) -> Probe:
        """Have the jump host connect, and talk through it."""
        return self.run(lambda: self._speak(address, port, seconds, talk))

    async def _speak(self, address: str, port: int, seconds: float, talk: Talk) -> Probe:
        import asyncssh

        from dualstack.probe.ssh import Refused, not_opened, words

        try:
            connection = await self.tunnel()
        except Refused as error:
            return Probe(Status.NO_JUMP, str(error))
        except (OSError, asyncssh.Error) as error:
            return Probe(Status.NO_JUMP, f"the jump host {self._login.where}: {words(error)}")
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await connection.open_connection(address, port)
            try:
                return await talk(reader.read, writer.write)
            finally:
                writer.close()
        except TimeoutError:
            return Probe(Status.SILENT, f"no answer in time, seen {self.words}")
        except asyncssh.ChannelOpenError as error:
            try:
                return not_opened(error, self._login, address, port)
            except Refused as refused:
                return Probe(Status.NO_JUMP, str(refused))
        except (OSError, asyncssh.Error) as error:
            return Probe(Status.NO_JUMP, f"the jump host {self._login.where}: {words(error)}")

    async def tunnel(self) -> asyncssh.SSHClientConnection:
        """Give the login, made once for all; a failure is remembered for a while, so that all learn of it at once."""
        import asyncssh

        from dualstack.probe.ssh import Refused, connected

        async with self._once:
            if self._connection is not None and not self._connection.is_closed():
                return self._connection
            if self._failure is not None and time.monotonic() - self._failed < _AGAIN:
                raise self._failure
            try:
                self._connection = await connected(self._login)
            except (Refused, OSError, asyncssh.Error) as error:
                self._failure, self._failed = error, time.monotonic()
                raise
            return self._connection

    async def door(self, address: str, port: int) -> str:
        """Make one where nobody but this user comes in: a port here would lead each user of this machine there."""
        connection = await self.tunnel()
        key = connection, address, port
        async with self._making:
            if key not in self._doors:
                if self._folder is None:
                    self._folder = self._held.enter_context(scratch("jump"))  # 0700
                # A door to nowhere would only close behind whoever goes through.
                async with asyncio.timeout(self._login.seconds):
                    _, writer = await connection.open_connection(address, port)
                writer.close()
                path = str(self._folder / str(len(self._doors)))
                await connection.forward_local_path_to_port(path, address, port)
                self._doors[key] = path
        return self._doors[key]
