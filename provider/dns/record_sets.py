"""The record sets of one name: looked at, written together in one update, and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
import dns.rcode
import dns.rdatatype
import dns.update

from dualstack.probe.records import Values, described, same
from provider.dns.dns_client import Client, NoAnswer, Refusal
from provider.frame.handler import ResourceError

ATTEMPTS = 3
"""How often a write looks again when somebody else's update came between looking and writing."""
RACED = (dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN)


@dataclass(frozen=True)
class Found:
    """What a name holds."""

    values: Values
    ttls: tuple[int, ...]
    """The TTLs that occur, of all record sets together."""
    alias: str | None = None
    """Where the name's CNAME points to."""

    @property
    def empty(self) -> bool:
        """Whether the name has none of the types asked for."""
        return not any(self.values.values())

    def equals(self, values: Values, ttl: int) -> bool:
        """Tell whether exactly these records are there."""
        return self.alias is None and same(self.values, values) and set(self.ttls) == {ttl}

    def __str__(self) -> str:
        if self.alias is not None:
            return f"CNAME {self.alias}"
        ttl = f" (TTL {', '.join(map(str, self.ttls))})" if self.ttls else ""
        return described(self.values) + ttl


def look(client: Client, record: str, kinds: tuple[str, ...]) -> Found:
    """Ask for the record sets of a name.

    Raises:
        ResourceError: nothing could be learnt.
    """
    name = dns.name.from_text(record)
    values: dict[str, tuple[str, ...]] = {}
    ttls: set[int] = set()
    for kind in kinds:
        rdtype = dns.rdatatype.from_text(kind)
        answer = client.ask(name, rdtype)
        values[kind] = ()
        for rrset in answer.answer:
            if rrset.name == name and rrset.rdtype == rdtype:
                values[kind] = tuple(sorted(rdata.to_text().removesuffix(".").lower() for rdata in rrset))
                ttls.add(rrset.ttl)
            elif rrset.name == name and rrset.rdtype == dns.rdatatype.CNAME:
                return Found({}, (), rrset[0].to_text().removesuffix("."))
    return Found(values, tuple(sorted(ttls)))


def write(
    client: Client,
    record: str,
    before: Values,
    wanted: Values,
    ttl: int,
    *,
    adopt: bool,
    begun: Sequence[Values] = (),
) -> None:
    """Bring the records to a name in one update, or find that they are there already.

    The update carries what was seen as its prerequisite, so whatever comes between is never overwritten.

    Args:
        client: the zone's server.
        record: the name.
        before: what the records were when we last wrote or read them; empty for a new name.
        wanted: what they are to be; its keys are the types that are ours.
        ttl: seconds.
        adopt: whether records of others may be taken over.
        begun: what runs that were killed were about to write: these, too, are ours where they are.

    Raises:
        ResourceError: records of others are there, or the server did not do it.
    """
    kinds = tuple(wanted)
    for attempt in range(1, ATTEMPTS + 1):
        found = look(client, record, kinds)
        if found.equals(wanted, ttl):
            return
        before = next((values for values in begun if same(found.values, values)), before)
        if found.alias is None and not adopt and not same(found.values, before):
            # The types are asked for one after the other: what looks torn may be somebody's update in between.
            again = look(client, record, kinds)
            if again != found and attempt < ATTEMPTS:
                continue
        _judge(record, found, before, wanted, ttl, adopt)
        try:
            client.send(_update(client, record, found.values, wanted, ttl))
        except Refusal as error:
            if error.rcode not in RACED or attempt == ATTEMPTS:
                raise
            continue
        except NoAnswer as error:
            _settle(client, record, wanted, ttl, error)
        return


def remove(client: Client, record: str, values: Values) -> None:
    """Remove these records, whatever else the name holds; fine when they are gone.

    Raises:
        ResourceError: the server did not do it.
    """
    update = client.update()
    name = dns.name.from_text(record)
    for kind, texts in values.items():
        for text in texts:
            update.delete(name, kind, _rdata(kind, text))
    if not any(values.values()):
        return
    try:
        client.send(update)
    except NoAnswer as error:
        found = look(client, record, tuple(values))
        if any(text in found.values.get(kind, ()) for kind, texts in values.items() for text in texts):
            raise ResourceError(f"{error}; the records are still there, try again") from error


def settle(client: Client, record: str, begun: Sequence[tuple[Values, int]], owned: Values) -> int | None:
    """Look which of the things that killed runs were about to write is there.

    Both families come in one update, so that each is there as a whole, or nothing of it is ours.

    Args:
        client: the zone's server.
        record: the name.
        begun: values and TTL, one for each run.
        owned: what we know that we wrote before; empty for a name that was to be made.

    Returns:
        Its place in ``begun``; None where the name holds nothing of them.

    Raises:
        ResourceError: the name holds a part, and nobody knows whose that is; or nothing could be learnt.
    """
    found = look(client, record, tuple(owned))
    for place, (values, ttl) in enumerate(begun):
        if found.equals(values, ttl):
            return place
    if any(owned.values()) and all({*texts} <= {*found.values.get(kind, ())} for kind, texts in owned.items()):
        return None
    wanted = [described(values) for values, _ in begun if _meet(values, found.values)]
    if not wanted:
        return None
    raise ResourceError(
        f"a run was killed while it wrote {record}, and nobody knows whose the records there are: {found}; it was "
        f"about to write {' or '.join(wanted)}. Remove by hand what is not wanted, and run this again"
    )


def _meet(one: Values, other: Values) -> bool:
    return any({*texts} & {*other.get(kind, ())} for kind, texts in one.items())


def _judge(record: str, found: Found, before: Values, wanted: Values, ttl: int, adopt: bool) -> None:
    """Refuse to touch what is not ours."""
    if found.alias is not None:
        raise ResourceError(
            f"{record} is an alias, CNAME {found.alias}, and a name with a CNAME can hold nothing else (RFC 1034, "
            "section 3.6.2); remove the CNAME, or choose another name"
        )
    if adopt or same(found.values, before):
        return
    plan = f"{described(wanted)} (TTL {ttl})"
    if not any(before.values()):
        raise ResourceError(
            f"{record} has records that are not ours: {found}; planned is {plan}; remove them, or set `adopt: true` to "
            "take them over"
        )
    raise ResourceError(
        f"{record} was changed by somebody else: we left {described(before)}, now it has {found}; planned is {plan}; "
        "run `pulumi refresh` to take note of it and then `pulumi up`, which writes what is planned"
    )


def _update(client: Client, record: str, found: Values, wanted: Values, ttl: int) -> dns.update.UpdateMessage:
    """Make the one update: everything as it was seen, no alias, then the new sets in place of the old."""
    update = client.update()
    name = dns.name.from_text(record)
    for kind in wanted:
        texts = found.get(kind, ())
        if texts:
            update.present(name, kind, *(_rdata(kind, text) for text in texts))
        else:
            update.absent(name, kind)
    # Else the server would silently leave the new records out (RFC 2136, section 3.4.2.2).
    update.absent(name, "CNAME")
    for kind, texts in wanted.items():
        if found.get(kind, ()):
            update.delete(name, kind)
        if texts:
            update.add(name, ttl, kind, *(_rdata(kind, text) for text in texts))
    return update


def _settle(client: Client, record: str, wanted: Values, ttl: int, error: NoAnswer) -> None:
    """Find out whether an update was done whose answer was lost."""
    way = "it is not known whether the update was done; the next `pulumi up` looks, and adopts it if it was"
    try:
        found = look(client, record, tuple(wanted))
    except ResourceError:
        raise ResourceError(f"{error}; {way}") from error
    if not found.equals(wanted, ttl):
        raise ResourceError(f"{error}; {way}") from error


def _rdata(kind: str, text: str) -> str:
    return f"{text}." if kind == "PTR" else text
