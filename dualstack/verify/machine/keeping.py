"""What a machine is called, and what it runs out of: RKE2's certificates, and time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from dualstack.plan.model import NodePlan
from dualstack.verify.endpoints import RENEWED
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Result, Word

_PREFIX: Final = "crt:"
CLOCK_SECONDS: Final = 30.0
"""How far a clock may be off: etcd warns from one second between members, tokens and certificates bear minutes. The
clock of whoever asks may be the wrong one, so that only what clearly breaks is told."""


def judge(node: NodePlan, reading: Reading, days: int, result: Result) -> Iterator[Result]:
    """Judge host name, certificates and clock."""
    yield _name(node, reading, replace(result, asked="host name"))
    yield _certificates(node, reading, days, replace(result, asked="certificates of RKE2"))
    yield _clock(node, reading, replace(result, asked="clock"))


def _name(node: NodePlan, reading: Reading, result: Result) -> Result:
    own = ascii(reading.texts.get("host", "").strip())[1:-1]
    if not own:
        return replace(
            result, word=Word.NOT_CHECKABLE, seen="it did not say", fix="see /proc/sys/kernel/hostname there"
        )
    if own == node.name:
        return replace(result, seen=own)
    return replace(
        result,
        word=Word.FAILED,
        seen=f"it calls itself {own}, and not {node.name}",
        consequence=f"RKE2 registers it as another node at its next start, and does not find {node.name} any more",
        fix=f"on it: hostnamectl set-hostname {node.name}; or it is another machine. A name that DHCP gives is "
        "switched off by a static one",
    )


def _certificates(node: NodePlan, reading: Reading, days: int, result: Result) -> Result:
    from cryptography import x509

    service = f"rke2-{node.role}"
    now = datetime.datetime.now(datetime.UTC)
    ends: dict[str, datetime.datetime] = {}
    for name, text in reading.texts.items():
        if name.startswith(_PREFIX):
            try:
                # The first one in a file is its own, the others are those who signed it.
                found = x509.load_pem_x509_certificates(text.encode())[0]
            except (ValueError, IndexError):
                continue
            ends[PurePosixPath(name.removeprefix(_PREFIX)).name] = found.not_valid_after_utc
    if not ends:
        if reading.root:
            fix = f"see whether RKE2 is installed and has started: systemctl status {service}"
            return replace(result, word=Word.NOT_CHECKABLE, seen="there are none", fix=fix)
        fix = "log in as root (host.ssh.user), or as somebody whose sudo asks for no password"
        return replace(result, word=Word.NOT_CHECKABLE, seen="only root may look", fix=fix)
    name, end = min(ends.items(), key=lambda item: item[1])
    left = (end - now).days
    authorities = [one for one in ends if "-ca" in one]
    ended = sorted(one for one, when in ends.items() if when <= now)
    soon = sorted(one for one, when in ends.items() if now < when <= now + datetime.timedelta(days=days))
    result = replace(result, ends=end)
    if ended or soon:
        words = [f"{', '.join(ended)} ended"] if ended else []
        words += [f"{', '.join(soon)} ends within {days} days"] if soon else []
        own = not set(authorities) & {*ended, *soon}
        fix = f"systemctl restart {service} on {node.name}, which renews them below {RENEWED} days"
        return replace(
            result,
            word=Word.FAILED,
            seen=f"{'; '.join(words)} (the first, {name}: {end:%Y-%m-%d})",
            consequence=f"{node.name} and its pods lose the cluster when they end: whoever checks them refuses",
            fix=fix if own else "renew the cluster's authorities: rke2 certificate rotate-ca (docs.rke2.io)",
        )
    note = f"{len(ends)} are valid for {left} more days at least ({name})"
    return replace(result, seen=note + (f"; systemctl restart {service} renews it" if left < RENEWED else ""))


def _clock(node: NodePlan, reading: Reading, result: Result) -> Result:
    try:
        off = float(reading.texts["clock"]) - reading.asked
    except (KeyError, ValueError):
        fix = "see that date is on the machine"
        return replace(result, word=Word.NOT_CHECKABLE, seen="it did not say what time it is", fix=fix)
    uncertain = reading.seconds / 2
    synchronized = reading.texts.get("synchronized", "").strip()
    by = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the clock here"
    fix = f"on {node.name}: chronyc sources; chronyc tracking; timedatectl. It may be the clock here that is wrong"
    if abs(off) - uncertain > CLOCK_SECONDS:
        breaks = "certificates and tokens count as not valid yet, or as ended; etcd's members fall out"
        return replace(result, word=Word.FAILED, seen=f"it is {by}", consequence=breaks, fix=fix)
    if synchronized == "no":
        return replace(
            result,
            word=Word.FAILED,
            seen=f"it is right, within {uncertain + abs(off):.0f} s, and no time server keeps it so",
            consequence="it drifts until certificates and tokens count as not valid",
            fix=f"{fix}; see image.time of the site",
        )
    return replace(result, seen=f"right within {max(uncertain + abs(off), 1):.0f} s")
