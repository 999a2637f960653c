"""Asking a resolver as any machine would: UDP, TCP where that is cut off or lost, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from dualstack.probe.connect import no_route
from dualstack.probe.records import Values, described, same

UDP_SECONDS: Final = 2.0
"""For one try; a datagram that is lost is asked again, as the C library does."""
UDP_TRIES: Final = 2
TCP_SECONDS: Final = 4.0

Exchange = Callable[[dns.message.QueryMessage, str, int], dns.message.QueryMessage]
"""Brings a question to an address and port."""


class State(Enum):
    """What came of asking."""

    ANSWERED = "answered"
    FAILED = "failed"
    SILENT = "silent"
    NO_ROUTE = "no route"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Reply:
    """What one resolver says of one name.

    Attributes:
        resolver: who was asked.
        state: whether there was an answer.
        values: records by type, for an answer; an alias is followed.
        words: why there is none; for an answer what is remarkable about it.
        alias: where the name's CNAME points to.
        exists: false where the resolver says that there is no such name.
    """

    resolver: str
    state: State
    values: Values = field(default_factory=dict)
    words: str = ""
    alias: str | None = None
    exists: bool = True

    def gives(self, wanted: Values) -> bool:
        """Tell whether each type of record that is planned is exactly as planned."""
        return self.state is State.ANSWERED and same({kind: self.values.get(kind, ()) for kind in wanted}, wanted)

    def __str__(self) -> str:
        if self.state is not State.ANSWERED:
            return self.words
        told = described(self.values) if self.exists else "the name does not exist (NXDOMAIN)"
        told += f", through its CNAME {self.alias}" if self.alias else ""
        return f"{told}; {self.words}" if self.words else told


def ask(record: str, kinds: tuple[str, ...], resolver: str, port: int, exchange: Exchange | None = None) -> Reply:
    """Ask a resolver for the records of a name.

    Args:
        record: the name.
        kinds: types of record.
        resolver: its address.
        port: of UDP and TCP.
        exchange: brings a question there and the answer back, or raises ``NoAnswer``; where absent that goes from here,
            over UDP and then TCP.
    """

    def send(query: dns.message.QueryMessage) -> dns.message.QueryMessage:
        return (exchange or _exchange)(query, resolver, port)

    values: dict[str, tuple[str, ...]] = {}
    alias, words, exists = None, "", True
    for kind in kinds:
        query = _query(record, kind)
        try:
            answer = send(query)
        except NoAnswer as error:
            return Reply(resolver, error.state, words=str(error))
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return Reply(
                resolver,
                State.FAILED,
                words=_failure(answer, record, kind, send),
            )
        try:
            chain = answer.resolve_chaining()
        except dns.exception.DNSException as error:
            return Reply(resolver, State.FAILED, words=f"its answer for {kind} makes no sense ({error})")
        if chain.cnames:
            alias = chain.canonical_name.to_text(omit_final_dot=True).lower()
        found = chain.answer or ()
        values[kind] = tuple(sorted(item.to_text().removesuffix(".").lower() for item in found))
        exists = exists and answer.rcode() != dns.rcode.NXDOMAIN
        if not found:
            # RFC 2308, section 5: so long may it go on saying so after the record was made.
            words = f"it may say so for {chain.minimum_ttl} s more" if answer.authority else ""
    return Reply(resolver, State.ANSWERED, values, words, alias, exists)


class NoAnswer(Exception):
    """There is no answer; the text says why."""

    def __init__(self, state: State, words: str) -> None:
        super().__init__(words)
        self.state = state


def _query(record: str, kind: str, flags: int = dns.flags.RD) -> dns.message.QueryMessage:
    return dns.message.make_query(dns.name.from_text(record), kind, flags=flags, use_edns=0)


def _exchange(query: dns.message.QueryMessage, resolver: str, port: int) -> dns.message.QueryMessage:
    """Ask over UDP, then over TCP."""
    trouble = ""
    for way in (*["UDP"] * UDP_TRIES, "TCP"):
        try:
            if way == "UDP":
                answer: dns.message.Message = dns.query.udp_with_fallback(query, resolver, UDP_SECONDS, port)[0]
            else:
                answer = dns.query.tcp(query, resolver, TCP_SECONDS, port)
        except dns.exception.Timeout:
            trouble = f"no answer over UDP or TCP port {port}"
        except OSError as error:
            if no_route(error):
                raise NoAnswer(State.NO_ROUTE, f"no route from here ({error.strerror})") from error
            trouble = f"no answer over UDP, and over TCP port {port}: {error.strerror or error}"
        except EOFError:
            trouble = f"no answer over UDP, and TCP port {port} is closed without one"
        except dns.exception.DNSException as error:
            raise NoAnswer(State.FAILED, f"its answer is none ({type(error).__name__})") from error
        else:
            if isinstance(answer, dns.message.QueryMessage):
                return answer
            raise NoAnswer(State.FAILED, "its answer is none")
    raise NoAnswer(State.SILENT, trouble)


def _failure(
    answer: dns.message.Message,
    record: str,
    kind: str,
    again: Callable[[dns.message.QueryMessage], dns.message.Message],
) -> str:
    """Say why a resolver gives an error in place of an answer."""
    rcode = answer.rcode()
    name = dns.rcode.to_text(rcode)
    told = [
        f"{name} for {kind}",
        *(str(option) for option in answer.options if option.otype == dns.edns.OptionType.EDE),
    ]
    cause = _RCODES.get(rcode, "see its log")
    if rcode == dns.rcode.SERVFAIL:
        # Without its own validation (RFC 4035, section 3.2.2) it may have an answer after all.
        try:
            unchecked = again(_query(record, kind, dns.flags.RD | dns.flags.CD)).rcode()
        except NoAnswer:
            unchecked = rcode
        if unchecked in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            cause = "the zone's DNSSEC signatures are not valid; sign the zone anew, or mend the DS record above it"
    return f"{' '.join(told)}: {cause}"


_RCODES: Mapping[dns.rcode.Rcode, str] = {
    dns.rcode.REFUSED: "it does not answer us, or does not know the zone and asks nobody else",
    dns.rcode.SERVFAIL: "it reaches none of the zone's servers, or they do not hold the zone (lame delegation)",
}
