"""Talking to the server of a zone: queries and updates over TCP, signed, with errors in words."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from provider.frame.handler import ResourceError

QUERY_TIMEOUT = 10.0
"""Seconds for one message there and back; an update of a few records takes milliseconds."""
DEFAULT_TIMEOUT = 60.0
"""Seconds for one operation where the user set no customTimeouts."""


class NoAnswer(ResourceError):
    """The message may have reached the server, or not."""


class KeyTrouble(ResourceError):
    """Server and we do not agree about key or clock; nothing was done."""


class Refusal(ResourceError):
    """The server answered with something other than success."""

    def __init__(self, message: str, rcode: dns.rcode.Rcode) -> None:
        super().__init__(message)
        self.rcode = rcode


class Client:
    """One zone at its server.

    Args:
        server: ``address``, ``port``, and ``key`` with ``name``, ``algorithm`` and ``secret``, as ``check`` left them.
        zone: name of the zone.
        timeout: seconds for everything that is asked here together; 0 for the default.
    """

    def __init__(self, server: Mapping[str, Any], zone: str, timeout: float) -> None:
        self.zone = dns.name.from_text(zone)
        self._host, self._port = str(server["address"]), int(server["port"])
        self._end = time.monotonic() + (timeout or DEFAULT_TIMEOUT)
        key = server.get("key")
        self._key = dns.tsig.Key(key["name"], key["secret"], key["algorithm"]) if key else None
        self._signed = f"key {key['name']} ({key['algorithm']})" if key else "no key"
        self._zone = zone

    @property
    def where(self) -> str:
        """The server in words."""
        return f"{self._host} port {self._port}"

    def update(self) -> dns.update.UpdateMessage:
        """Begin an update of the zone."""
        return dns.update.UpdateMessage(self.zone, keyring=self._key)

    def send(self, update: dns.update.UpdateMessage) -> None:
        """Send an update.

        Raises:
            Refusal: the server did not do it.
            NoAnswer: it may have done it.
            ResourceError: it cannot have done it; KeyTrouble where that is for the key.
        """
        rcode = self._exchange(update).rcode()
        if rcode != dns.rcode.NOERROR:
            raise Refusal(self._refused(rcode, "the update"), rcode)

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.message.Message:
        """Ask the zone's server itself for a record set.

        Raises:
            ResourceError: there was no answer, or none that speaks for the zone.
        """
        query = dns.message.make_query(name, rdtype, flags=0)
        if self._key is not None:
            query.use_tsig(self._key)
        answer = self._exchange(query)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise Refusal(self._refused(answer.rcode(), f"the query for {name} {rdtype.name}"), answer.rcode())
        if not answer.flags & dns.flags.AA:
            raise ResourceError(
                f"{self.where} does not speak for {name}: it does not hold the zone {self._zone}, or has delegated "
                "that part of it; name the server and the zone that hold the record"
            )
        return answer

    def _exchange(self, message: dns.message.Message) -> dns.message.Message:
        with self._connect() as connection:
            try:
                answer = dns.query.tcp(message, self._host, timeout=self._left(), sock=connection)
            except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadTime, dns.tsig.BadKey) as error:
                raise KeyTrouble(self._bad_key(error)) from error
            except dns.exception.Timeout as error:
                raise NoAnswer(f"{self.where} took the connection, but gave no answer in time") from error
            except (OSError, EOFError) as error:
                raise NoAnswer(f"{self.where} closed the connection without an answer ({_words(error)})") from error
            except dns.exception.DNSException as error:
                raise NoAnswer(
                    f"{self.where} gave an answer that is none ({type(error).__name__}); does it hold {self._zone}?"
                ) from error
        if self._key is not None and not answer.had_tsig and answer.rcode() == dns.rcode.NOERROR:
            raise ResourceError(f"{self.where} answered without a signature although we signed with {self._signed}")
        return answer

    def _connect(self) -> socket.socket:
        """Connect to the first address of the server that takes the connection."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ResourceError(
                f"the name server {self._host} has no address here ({_words(error)}); give an address, or a name that "
                "this machine can resolve"
            ) from error
        failures = []
        for family, kind, protocol, _, address in found:
            left = self._left()
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(left)
                connection.connect(address)
                connection.setblocking(False)  # as dnspython wants it
                return connection
            except OSError as error:
                connection.close()
                failures.append(f"{address[0]}: {_words(error)}")
        raise ResourceError(
            f"no connection to the name server {self.where} over TCP ({'; '.join(dict.fromkeys(failures))}); is it "
            "running, is this its port, and do routes and firewalls let TCP through from here?"
        )

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise ResourceError(f"time is up before {self.where} was done; customTimeouts gives it more")
        return min(left, QUERY_TIMEOUT)

    def _bad_key(self, error: Exception) -> str:
        if isinstance(error, dns.tsig.PeerBadKey):
            return (
                f"{self.where} does not know {self._signed} (BADKEY); name and algorithm must be those of the `key` in "
                "its configuration; Knot DNS says so, too, of a key that no acl of the zone lets update"
            )
        if isinstance(error, dns.tsig.PeerBadTime | dns.tsig.BadTime):
            return (
                f"the clocks of this machine and of {self.where} differ by more than the five minutes that signatures "
                "allow (BADTIME); set them by NTP"
            )
        return (
            f"{self.where} and we hold different secrets for {self._signed} (BADSIG); set the config key of the "
            "secret to what the server's configuration has"
        )

    def _refused(self, rcode: dns.rcode.Rcode, what: str) -> str:
        way = _RCODES.get(rcode, "see the server's log")
        words = way.format(zone=self._zone, signed=self._signed)
        return f"{self.where} did not do {what} in zone {self._zone}: {dns.rcode.to_text(rcode)}; {words}"


_RCODES: dict[dns.rcode.Rcode, str] = {
    dns.rcode.NOTAUTH: "it is not the primary of {zone}; name the server that is; or, on Knot DNS, no acl of the zone "
    "with `action: update` lets {signed} do this",
    dns.rcode.REFUSED: "it does not hold {zone}, or its allow-update, update-policy or allow-query does not let "
    "{signed} do this; on BIND: `update-policy {{ grant KEY zonesub ANY; }};`",
    dns.rcode.NOTZONE: "the name lies outside {zone}, as that server holds it; name the zone that holds it",
    dns.rcode.SERVFAIL: "it failed inside; its log says why (often: it may not write the zone's file or journal)",
    dns.rcode.NOTIMP: "it takes no dynamic updates; name the primary, or a server that does",
    dns.rcode.FORMERR: "it could not read the message; does it know RFC 2136 and TSIG?",
    dns.rcode.NXRRSET: "the records there are not those that were expected; somebody changed them meanwhile",
    dns.rcode.YXRRSET: "there are records already; somebody wrote them meanwhile",
}


def _words(error: BaseException) -> str:
    """Give the system's words for an error, such as ``Connection refused``."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return error.strerror or "not found"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or "end of data"
