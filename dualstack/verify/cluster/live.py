"""A cluster's objects by kind, each kind read once, and why where it could not be read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from dualstack.document.frozen import dig
from dualstack.verify.cluster.client import Client
from dualstack.verify.cluster.failures import Absent, Denied, Failure, Unknown
from dualstack.verify.cluster.reads import READS, Read
from dualstack.verify.cluster.records import newest

PAGE: Final = 250
"""Objects of one answer (Kubernetes API, ``limit`` and ``continue``)."""
PAGES: Final = 80
PATIENCE: Final = 60.0
"""Seconds for all objects of one kind, so that many answers, each just in time, do not take an hour."""
_GONE: Final = 410
"""A list's rest, once etcd was compacted meanwhile (Kubernetes API, ``continue``): the list is read anew, once."""
_LABELS_ALONE: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Helm's records are large, and the labels tell which one counts."""

Object = Mapping[str, Any]
"""An object of Kubernetes."""


@dataclass(frozen=True)
class Listing:
    """Objects of one kind.

    Attributes:
        objects: of them; empty where there are none, or they could not be read.
        why: why they could not be read; empty where they were.
        fix: what would make them readable.
        absent: True where the cluster does not know the kind.
    """

    objects: tuple[Object, ...] = ()
    why: str = ""
    fix: str = ""
    absent: bool = False


class Live:
    """The objects of one cluster at one moment; threads may share it."""

    def __init__(self, read: Callable[[Read], Listing]) -> None:
        """Read nothing yet.

        Args:
            read: reads a kind; never raises.
        """
        self._read = read
        self._lock = threading.Lock()
        self._futures: dict[str, Future[Listing]] = {}

    def of(self, name: str) -> Listing:
        """Give the objects of a kind by its name in ``READS``; whoever asks first reads them."""
        with self._lock:
            mine = name not in self._futures
            future = self._futures.setdefault(name, Future())
        if mine:
            try:
                future.set_result(self._read(READS[name]))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def forget(self) -> None:
        """Read everything anew, whenever somebody asks again."""
        with self._lock:
            self._futures.clear()


def from_objects(objects: Iterable[Object], denied: Collection[str] = (), absent: Collection[str] = ()) -> Live:
    """Give a cluster that consists of objects at hand.

    Args:
        objects: of any kinds.
        denied: names of what nobody may read.
        absent: names of kinds that the cluster does not know.
    """
    held = tuple(objects)

    def read(wanted: Read) -> Listing:
        if wanted.name in denied:
            return _denied(wanted)
        if wanted.name in absent:
            return Listing(absent=True)
        found = [one for one in held if _is(one, wanted)]
        return Listing(tuple(newest(found) if wanted.secret else found))

    return Live(read)


def _is(one: Object, wanted: Read) -> bool:
    group, slash, _ = str(one.get("apiVersion", "")).rpartition("/")
    named = not wanted.names or dig(one, "metadata", "name") in wanted.names
    there = not wanted.namespace or dig(one, "metadata", "namespace") == wanted.namespace
    ours = one.get("kind") == wanted.kind and (group if slash else "") == wanted.group
    return ours and named and there and (not wanted.secret or one.get("type") == "helm.sh/release.v1")


def from_api(client: Client) -> Live:
    """Give the cluster behind an API server."""
    return Live(lambda wanted: _asked(client, wanted))


def _asked(client: Client, wanted: Read) -> Listing:
    end = time.monotonic() + PATIENCE
    try:
        for version in wanted.versions:
            found = _version(client, wanted, version, end)
            if found is not None:
                return Listing(tuple(found))
    except Denied:
        return _denied(wanted)
    except Unknown:
        fix = "take a kubeconfig whose certificate or token has not ended"
        return Listing(why="the API server does not know the login of the kubeconfig (401)", fix=fix)
    except Failure as error:
        return Listing(why=f"the API server gives no {wanted.plural}: {error}", fix=_answering(error))
    return Listing(absent=True)


def _answering(error: Failure) -> str:
    if error.status:
        return "ask again; where it stays so, the API server's log says why (journalctl -u rke2-server)"
    return "an API server that answers: see the line of cluster"


def _denied(wanted: Read) -> Listing:
    role = "dualstack verify --rbac=full" if wanted.secret else "dualstack verify --rbac"
    return Listing(
        why=f"the login may not {wanted.permission}", fix=f"give it the role that {role} prints, or another login"
    )


def _version(client: Client, wanted: Read, version: str, end: float) -> Sequence[Object] | None:
    """Read a kind in one version of its API; None where the cluster has no such version."""
    if wanted.names:
        try:
            return [_object(client.get(path, end=end), wanted.kind) for path in wanted.paths(version)]
        except Absent:
            return None
    (path,) = wanted.paths(version)
    try:
        try:
            listed = list(_pages(client, path, wanted, version, end))
        except Failure as error:
            if error.status != _GONE:
                raise
            listed = list(_pages(client, path, wanted, version, end))
    except Absent:
        return None
    if not wanted.secret:
        return listed
    found = []
    for one in newest(listed):
        namespace, name = (dig(one, "metadata", key) for key in ("namespace", "name"))
        try:
            path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
            found.append(_object(client.get(path, end=end), wanted.kind))
        except Absent:
            continue  # Helm has just removed it
    return found


def _object(answer: Any, kind: str) -> Object:
    if not isinstance(answer, Mapping) or answer.get("kind") != kind:
        raise Failure(f"its answer is no {kind}")
    return answer


def _pages(client: Client, path: str, wanted: Read, version: str, end: float) -> Iterable[Object]:
    from urllib.parse import quote

    more = ""
    accept = _LABELS_ALONE if wanted.secret else "application/json"
    whole = f"{wanted.group}/{version}" if wanted.group else version
    for _ in range(PAGES):
        query = "&".join(part for part in (wanted.query, f"limit={PAGE}", more) if part)
        answer = client.get(f"{path}?{query}", accept, end=end)
        items = answer.get("items") if isinstance(answer, Mapping) else None
        # Whatever answers everything with JSON would pass for a cluster that has nothing.
        if not str(dig(answer, "kind", default="")).endswith("List") or not isinstance(items or [], list):
            raise Failure("its answer is no list of Kubernetes")
        for item in items or ():
            if not isinstance(item, Mapping):
                raise Failure("what it lists are no objects of Kubernetes")
            # Items of a list say neither.
            yield {**item, "apiVersion": whole, "kind": wanted.kind}
        token = dig(answer, "metadata", "continue")
        if not token:
            return
        more = f"continue={quote(str(token), safe='')}"
    raise Failure(f"there are more than {PAGE * PAGES}")
