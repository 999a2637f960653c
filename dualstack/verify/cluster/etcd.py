"""Snapshots of etcd: how old the newest good one is, as RKE2 lists them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, Final

from dualstack.document.frozen import dig
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, is_server, moment, place_of, shown
from dualstack.verify.model import Kind, Result

DEFAULT_HOURS: Final = 12
"""RKE2 takes one at 0 and 12 o'clock (docs/datastore/backup_restore.md)."""
_ROOM_HOURS: Final = 1
_STEP: Final = re.compile(r"[0-9,*/-]+ \*/([0-9]{1,2}) \* \* \*")
_DAILY: Final = re.compile(r"[0-9]{1,2} ([0-9]{1,2}(?:,[0-9]{1,2})*) \* \* \*")
_WEEK: Final = 7 * 24
_LOST: Final = "what happened since is lost where etcd's disk is: the cluster is put back to the snapshot, or made anew"


def run(view: View) -> Iterator[Result]:
    """Check the age of snapshots."""
    place = Place(Kind.ETCD, "etcd snapshots", "age")
    listing = view.live.of("snapshots")
    if _switched_off(view):
        yield place.failed(
            "etcd-disable-snapshots is true",
            "nothing brings the cluster back",
            "remove it from cluster.server of the site",
        )
        return
    if listing.absent:
        if view.rke2 or view.plan is not None:
            yield place.unknown(
                "the cluster has no ETCDSnapshotFiles", "RKE2 1.28 and later, with etcd as its datastore"
            )
        return
    yield from (
        _broken(one) for one in listing.objects if dig(one, "status", "error") and not _past(one, listing.objects)
    )
    good = {name: when for one in listing.objects if (when := _taken(one)) is not None for name in [place_of(one)]}
    if not good:
        yield place.failed(
            "there is none",
            _LOST,
            "rke2 etcd-snapshot save on a server; journalctl -u rke2-server tells why none is taken",
        )
        return
    newest = max(good.values())
    age, most = view.now - newest, datetime.timedelta(hours=hours_between(_schedule(view)) + _ROOM_HOURS)
    told = f"the newest is of {newest:%Y-%m-%d %H:%M} UTC, {_hours(age)} old"
    if age > most:
        yield place.failed(
            f"{told}; one is due every {_hours(most - datetime.timedelta(hours=_ROOM_HOURS))}",
            _LOST,
            "rke2 etcd-snapshot save on a server; journalctl -u rke2-server tells why none is taken (disk, S3, clock)",
        )
    else:
        yield place.ok(f"{len(good)}, {told}")
    if age < -datetime.timedelta(hours=_ROOM_HOURS):
        yield Place(Kind.ETCD, "etcd snapshots", "clock").failed(
            f"the newest is of {newest:%Y-%m-%d %H:%M} UTC, which is in the future",
            "a server's clock, or the one here, is wrong: nobody knows how old the snapshots are",
            "compare the clocks: timedatectl on each server, and chronyc tracking",
        )
    yield from _nodes(view, listing.objects)


def _nodes(view: View, snapshots: tuple[Object, ...]) -> Iterator[Result]:
    """Tell where all snapshots are on the disk that they are for."""
    servers = [node for node in view.nodes if is_server(node)]
    places = {str(dig(one, "spec", "nodeName", default="")) for one in snapshots}
    elsewhere = any(dig(one, "spec", "s3") for one in snapshots) or "s3" in places
    if len(servers) == 1 and not elsewhere:
        note = "all are on the one server's own disk: copy them elsewhere, or set etcd-s3"
        yield Place(Kind.ETCD, "etcd snapshots", "place").ok(note)


def _taken(one: Object) -> datetime.datetime | None:
    if dig(one, "status", "error") or dig(one, "status", "readyToUse") is False:
        return None
    return moment(dig(one, "status", "creationTime") or dig(one, "metadata", "creationTimestamp"))


def _place(one: Object) -> tuple[str, bool]:
    return str(dig(one, "spec", "nodeName", default="")), bool(dig(one, "spec", "s3"))


def _past(broken: Object, others: tuple[Object, ...]) -> bool:
    """Tell whether a later one of the same node and store went well: what was wrong then is mended."""
    when = moment(dig(broken, "status", "creationTime") or dig(broken, "metadata", "creationTimestamp"))
    later = [taken for one in others if _place(one) == _place(broken) and (taken := _taken(one)) is not None]
    return when is not None and any(taken > when for taken in later)


def _broken(one: Object) -> Result:
    message = dig(one, "status", "error", "message", default="no reason is given")
    return Place(Kind.ETCD, place_of(one), "taken").failed(
        shown(message),
        "this snapshot brings nothing back",
        "journalctl -u rke2-server on the node; free its disk, reach S3",
    )


def _server(view: View) -> Any:
    return view.plan.server if view.plan is not None else {}


def _switched_off(view: View) -> bool:
    return str(_server(view).get("etcd-disable-snapshots", "")).lower() == "true"


def _schedule(view: View) -> str:
    return str(_server(view).get("etcd-snapshot-schedule-cron") or f"0 */{DEFAULT_HOURS} * * *")


def hours_between(cron: str) -> int:
    """Give the hours between two snapshots by their cron line; a week where the line is one that is not read here."""
    words = " ".join(cron.split())
    words = {"@hourly": "0 */1 * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *"}.get(words, words)
    if step := _STEP.fullmatch(words):
        return max(1, min(int(step[1]), 24))
    if daily := _DAILY.fullmatch(words):
        hours = sorted({int(hour) % 24 for hour in daily[1].split(",")})
        return max((later - hour for hour, later in zip(hours, [*hours[1:], hours[0] + 24], strict=True)), default=24)
    return _WEEK


def _hours(span: datetime.timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
