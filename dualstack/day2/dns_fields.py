"""DNS: the nodes' resolvers, and the records.

Sources: nm-configurator (as for nodes); CoreDNS forwards to the ``resolv.conf`` that its pod got at its start
(rke2-coredns chart, read); ``provider/dns`` and ``components`` for what ``up`` does, which the lab runs
against BIND.
"""

from __future__ import annotations

from typing import Final

from dualstack.day2.model import RECORDS, ROWS, ZONES, Entry, by_hand, entry, live, nothing, outage

_COREDNS: Final = "`kubectl -n kube-system rollout restart deployment rke2-coredns-rke2-coredns`"
_RESOLVER: Final = (
    "on each node `nmcli connection modify {{interface}} ipv4.{key} ... ipv6.{key} ...`, "
    f"`nmcli device reapply {{{{interface}}}}`, then {_COREDNS}"
)
_UNUSED: Final = nothing(f"only {ZONES.words} uses it")
_ANSWERS: Final = "answers in caches live on for the old TTL"


ENTRIES: Final[tuple[Entry, ...]] = (
    entry("dns.resolvers", by_hand(_RESOLVER.format(key="dns"), away="names, while a wrong resolver stands first")),
    entry("dns.search", by_hand(_RESOLVER.format(key="dns-search"))),
    entry(
        "dns.backend",
        (
            ROWS,
            outage(
                "`up` gives the names to the virtual network's server; a new network where that serves the domain "
                "alone, and with it a new VM on the same disk",
                "the cluster until the VM has started",
                up=True,
                imaged=False,
            ),
        ),
        outage(
            f"`up` writes the records, or asks for them; those that it wrote under {RECORDS.words} it removes when "
            "that is left",
            "the names, unless somebody else already holds them",
            downstream=_ANSWERS,
            up=True,
            imaged=False,
        ),
    ),
    entry("dns.check.resolvers", live("the next `up` asks these")),
    entry("dns.check.port", live("the next `up` asks at this port")),
    entry("dns.check.timeout", live("the next `up` waits this long")),
    entry(
        "dns.ttl",
        (RECORDS, live("`up` writes the records again", downstream=_ANSWERS)),
        (ROWS, nothing("the virtual network's server has a TTL of its own")),
        by_hand(
            "in the zone, at those who keep the records; `up` checks A and AAAA, not their TTL",
            downstream=_ANSWERS,
            imaged=False,
        ),
    ),
    entry(
        "dns.pointers",
        (RECORDS, live("`up` writes the PTR records, or removes those that it wrote")),
        (ROWS, nothing("the virtual network's server makes them of the names")),
        by_hand("in the reverse zones, at those who keep the records; `up` warns of wrong ones", imaged=False),
    ),
    entry(
        "dns.zones[].name",
        (
            ZONES,
            live(
                "`up` removes the records from the old zone and writes them to the new one",
                away="the names between the two",
                downstream=_ANSWERS,
            ),
        ),
        _UNUSED,
    ),
    *(
        entry(f"dns.zones[].{key}", (ZONES, live(how)), _UNUSED)
        for key, how in (
            ("server", "the next `up` sends updates there; records at the old server are removed from there"),
            ("port", "the next `up` sends updates to this port"),
            ("key.name", "the next `up` signs with it; the server must know it first"),
            ("key.algorithm", "the next `up` signs with it; the server must know it first"),
            ("key.secretKey", "the next `up` signs with it; the server must know it first"),
        )
    ),
)
