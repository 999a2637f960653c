"""Servers that say nothing, or a byte now and then for minutes: each kind of question hangs up in time."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import asyncssh
import dns.message
import pytest

from dualstack.probe import api as probe_api
from dualstack.probe import resolver
from dualstack.probe.ssh import Login, connected
from dualstack.verify import asking, queries
from dualstack.verify.cluster import client, failures
from dualstack.verify.cluster.access import Access
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.model import Kind, Way
from dualstack.verify.places import Here
from dualstack.verify.together import together
from tests.lab import api

WAY = Way(seconds=0.4)
PEM = api.certificate()
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKijphZRTtgnp5o+EdETv2sa50mA7J1e4WIq1GLfBkis"
PRIVATE = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
PIECES, PAUSE = 600, 0.05
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TLS_RECORD = b"\x16\x03\x03\x40\x00"


class Streams(Here):
    """A place that carries no datagrams, as the jump host."""

    datagrams = False


@dataclass
class Question:
    """What is asked, and how the server lets its answer trickle.

    Attributes:
        ask: asks at a port of loopback.
        first: said at once; the server is silent from the beginning where None.
        tls: whether it is said over TLS.
        left: whether it was hung up on before it had said all.
    """

    name: str
    ask: Callable[[int], object]
    first: bytes | None
    tls: bool = False
    left: bool = False


def serve(listener: socket.socket, question: Question) -> None:
    while True:
        try:
            one = listener.accept()[0]
        except OSError:
            return
        with suppress(OSError), api.context(PEM).wrap_socket(one, server_side=True) if question.tls else one as each:
            question.left = False
            each.settimeout(PIECES * PAUSE)
            if question.first is None:
                while each.recv(1 << 16):
                    pass
                question.left = True
                continue
            if question.tls:
                each.recv(1 << 16)
            question.left = True  # unless all is said
            each.sendall(question.first)
            for _ in range(PIECES):
                each.sendall(b"a")
                threading.Event().wait(PAUSE)
            question.left = False


def asked(question: Question) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener, question), daemon=True)
        server.start()
        with suppress(failures.Failure, resolver.NoAnswer, OSError, asyncssh.Error):
            question.ask(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        server.join()


def cluster(scheme: str) -> Callable[[int], object]:
    authority = PEM[PEM.index("-----BEGIN CERTIFICATE") :].encode()
    return lambda port: client.Client(Access(f"{scheme}://127.0.0.1:{port}", authority), WAY).get("/version")


def endpoint(*, tls: bool, whole: bool = False) -> Callable[[int], object]:
    one = Endpoint(Kind.REDFISH, "127.0.0.1", 0, "/", tls=tls, consequence="", fix="", whole=whole)
    return lambda port: asking.ask(replace(one, port=port), WAY)


def over_tcp(port: int) -> object:
    query = dns.message.make_query("site.example", "AAAA")
    return queries._over_tcp(replace(WAY, place=Streams()), query, "127.0.0.1", port)


def ssh(port: int) -> object:
    login = Login("the jump host", "host.jump", "127.0.0.1", port, "root", KEY, "host.jump.hostKey", PRIVATE, 0.4)
    return asyncio.run(connected(login))


def ready(port: int) -> object:
    return probe_api.try_api("ipv4", "127.0.0.1", port, 0.4, lambda: False)


QUESTIONS = (
    Question("API server, silent", cluster("https"), None),
    Question("API server, TLS", cluster("https"), TLS_RECORD),
    Question("API server, head", cluster("https"), HEAD + b"X: ", True),
    Question("API server, body", cluster("https"), HEAD + b"Content-Length: 99999\r\n\r\n", True),
    Question("API server, body without a length", cluster("http"), HEAD + b"\r\n"),
    Question("API server, chunk", cluster("http"), HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"),
    Question("server, silent", endpoint(tls=False), None),
    Question("server, TLS", endpoint(tls=True), TLS_RECORD),
    Question("server, head", endpoint(tls=True), HEAD + b"X: ", True),
    Question("BMC, body", endpoint(tls=True, whole=True), HEAD + b"\r\n", True),
    Question("readiness, TLS", ready, TLS_RECORD),
    Question("readiness, body", ready, HEAD + b"\r\n", True),
    Question("resolver over TCP, silent", over_tcp, None),
    Question("resolver over TCP", over_tcp, b"\xff\xff"),
    Question("resolver", lambda port: resolver.ask("site.example", ("A",), "127.0.0.1", port), b"\xff\xff"),
    Question("SSH, silent", ssh, None),
    Question("SSH, banner", ssh, b"SSH-2.0-"),
    Question("SSH, before the banner", ssh, b"welcome\r\n" * 20),
)


def test_each_question_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the server had time to say all tells whether it was waited for; no clock is read."""
    monkeypatch.setattr(probe_api, "ASK_SECONDS", 0.4)
    monkeypatch.setattr(resolver, "TCP_SECONDS", 0.4)
    monkeypatch.setattr(resolver, "UDP_SECONDS", 0.1)

    together(asked, QUESTIONS)

    assert [one.name for one in QUESTIONS if not one.left] == []
