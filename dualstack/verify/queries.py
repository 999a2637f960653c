"""Questions to resolvers from either place: as any machine asks, or over TCP through the jump host."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dualstack.address.family import IPAddress
from dualstack.probe.connect import Probe, Status
from dualstack.probe.resolver import NoAnswer, Reply, State, ask
from dualstack.verify.model import Way
from dualstack.verify.places import Read, Write

if TYPE_CHECKING:
    import dns.message

DNS_PORT: Final = 53


def asked_from(way: Way, name: str, kinds: tuple[str, ...], resolver: IPAddress) -> Reply:
    """Ask a resolver for the records of a name, from the place of the way."""
    address, port = way.to(str(resolver), DNS_PORT)
    if way.place.datagrams:
        return ask(name, kinds, address, port)

    def exchange(query: dns.message.QueryMessage, server: str, at: int) -> dns.message.QueryMessage:
        return _over_tcp(way, query, server, at)

    return ask(name, kinds, address, port, exchange)


def _over_tcp(way: Way, query: dns.message.QueryMessage, server: str, port: int) -> dns.message.QueryMessage:
    import dns.exception
    import dns.message

    received = bytearray()

    async def talk(read: Read, write: Write) -> Probe:
        wire = query.to_wire()
        write(len(wire).to_bytes(2, "big") + wire)  # RFC 1035, 4.2.2
        try:
            async with asyncio.timeout(way.seconds):
                while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):
                    if not (data := await read(1 << 16)):
                        return Probe(Status.SILENT, "it ended the connection")
                    received.extend(data)
        except TimeoutError:
            return Probe(Status.MUTE, f"nothing within {way.seconds:.0f} s")
        return Probe(Status.ANSWERED)

    status, detail = way.place.speak(server, port, way.seconds, way.stop, talk)
    if status is Status.NO_ROUTE:
        raise NoAnswer(State.NO_ROUTE, f"no route {way.place.words}")
    if status is Status.NO_JUMP:
        raise NoAnswer(State.UNTRIED, detail)
    if status is not Status.ANSWERED:
        words = f"TCP port {port} {status.value}" + (f" ({detail})" if detail else "")
        raise NoAnswer(State.SILENT, f"{words}; UDP cannot be asked {way.place.words}")
    try:
        answer = dns.message.from_wire(bytes(received[2 : 2 + int.from_bytes(received[:2], "big")]))
    except dns.exception.DNSException as error:
        raise NoAnswer(State.FAILED, f"its answer is none ({type(error).__name__})") from error
    if not isinstance(answer, dns.message.QueryMessage) or not query.is_response(answer):
        raise NoAnswer(State.FAILED, "its answer is none")
    return answer
