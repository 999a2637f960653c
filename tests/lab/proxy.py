"""A TCP proxy on loopback that passes DNS updates on and keeps the answers for itself."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self

UPDATE = 5
"""RFC 2136, section 1.3."""


class Proxy:
    """In front of a name server.

    Args:
        target: the server's TCP port on 127.0.0.1.
        drop_updates: to how many updates the answer is lost, with the connection.
        dies: whether the proxy takes no connection after the last lost answer.
        hangs: whether the client is left waiting for a lost answer.
    """

    def __init__(self, target: int, *, drop_updates: int, dies: bool = False, hangs: bool = False) -> None:
        self._target, self._left, self._dies, self._hangs = target, drop_updates, dies, hangs
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.dropped = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self._target), timeout=10) as server:
                request = _message(client)
                server.sendall(request)
                answer = _message(server)
                is_update = len(request) > 4 and request[4] >> 3 & 0xF == UPDATE
                if not is_update or self.dropped == self._left:
                    client.sendall(answer)
                    continue
                self.dropped += 1
                if self._hangs:
                    client.recv(1)  # until the client is gone
                if self._dies and self.dropped == self._left:
                    self._listener.close()
                    return


def _message(connection: socket.socket) -> bytes:
    """Read one message with its length in front (RFC 1035, section 4.2.2)."""
    head = _exactly(connection, 2)
    return head + _exactly(connection, struct.unpack("!H", head)[0]) if head else b""


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            return b""
        data += more
    return data
