"""What a server showed becomes results: does it answer as what it is, and does its certificate fit."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from dualstack.address.family import LABEL
from dualstack.answer.style import counted
from dualstack.probe import api
from dualstack.probe.connect import Status
from dualstack.probe.tls import Shown, read_certificate
from dualstack.verify.asking import Seen, ask
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.model import Kind, Proof, Result, Way, Word

_GUARDED = (401, 403)
"""HTTP status of a server that wants a login."""


def look(endpoint: Endpoint, way: Way) -> Sequence[Result]:
    """Ask a server, and judge what it shows."""
    seen = ask(endpoint, way)
    what = f"{'HTTPS' if endpoint.tls else 'HTTP'}, GET {endpoint.path}"
    first = Result(endpoint.kind, endpoint.at, what, Word.OK, "answers", endpoint.family)
    first = _answers(endpoint, seen, first, way)
    if not endpoint.tls:
        return (first,)
    names, dates = _certificate(endpoint, seen, first, way.days)
    return (first, names, replace(dates, proof=Proof(seen.certificate, seen.response) if seen.certificate else None))


def _answers(endpoint: Endpoint, seen: Seen, result: Result, way: Way) -> Result:
    status, detail = seen.probe
    if status is Status.ANSWERED:
        status, detail = api.answered(seen.response) if endpoint.kind is Kind.API else _http(endpoint, seen.response)
    if status is Status.ANSWERED:
        return replace(result, seen=detail or "answers")
    if status is Status.NO_ROUTE:
        return unrouted(result, detail, way)
    if status is Status.NO_JUMP:
        return untried(result, detail)
    words = status.value if status is not Status.NOT_API or endpoint.kind is Kind.API else "answers as something else"
    return replace(
        result,
        word=Word.FAILED,
        seen=f"{words} ({ascii(detail)[1:-1]})" if detail else words,
        consequence=endpoint.consequence,
        fix=endpoint.fix,
    )


def unrouted(result: Result, detail: str, way: Way) -> Result:
    """Give the result for a family that the place has no route for."""
    label = LABEL[result.family] if result.family else "such"
    return replace(
        result,
        word=Word.NOT_CHECKABLE,
        seen=f"no {label} route {way.place.words}" + (f" ({detail})" if detail else ""),
        fix=f"run it where {label} addresses of the site are reached" + way.place.other,
    )


def untried(result: Result, detail: str) -> Result:
    """Give the result where the jump host could not try it."""
    return replace(result, word=Word.NOT_CHECKABLE, seen=f"not tried: {detail}", fix="mend that, or ask from here")


def _http(endpoint: Endpoint, response: bytes) -> tuple[Status, str]:
    words = response.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        return Status.NOT_API, "it speaks no HTTP"
    code = int(words[1])
    if _fits(endpoint.kind, code):
        return Status.ANSWERED, f"answers, HTTP {code}"
    if code >= 500:
        return Status.NOT_READY, f"HTTP {code}"
    return Status.NOT_API, f"{endpoint.path} gives HTTP {code}"


def _fits(kind: Kind, code: int) -> bool:
    """Tell whether an HTTP status is one of the server that is meant."""
    if kind is Kind.SUPERVISOR:
        return code == 200
    if kind in (Kind.RANCHER, Kind.REDFISH):
        return code < 400 or code in _GUARDED
    return code < 500  # Ironic and its httpd refuse a listing of /


def _certificate(endpoint: Endpoint, seen: Seen, first: Result, days: int) -> Sequence[Result]:
    """Judge names and dates of a certificate; always two results."""
    names = replace(first, asked="certificate: names", consequence="", fix="")
    dates = replace(names, asked="certificate: dates")
    if not seen.certificate:
        if first.word is Word.NOT_CHECKABLE:
            return tuple(replace(one, fix=first.fix) for one in (names, dates))
        why = "no certificate was shown"
        fix = "mend what is said of its answer"
        return tuple(replace(one, word=Word.NOT_CHECKABLE, seen=why, fix=fix) for one in (names, dates))
    try:
        shown = read_certificate(seen.certificate)
    except ValueError as error:
        why = f"the certificate cannot be read: {error}"
        return tuple(replace(one, word=Word.FAILED, seen=why, fix=_renew(endpoint)) for one in (names, dates))
    found = _names(endpoint, shown, names), _dates(endpoint, shown, dates, days)
    return found if endpoint.checked else tuple(map(_unchecked, found))


def _unchecked(result: Result) -> Result:
    """Give what would be failed, where nobody is known to check the certificate, as not checkable."""
    if result.word is not Word.FAILED:
        return result
    seen = f"{result.seen}; whether anybody checks that, only the BareMetalHost says"
    return replace(result, word=Word.NOT_CHECKABLE, seen=seen, consequence="")


def _names(endpoint: Endpoint, shown: Shown, result: Result) -> Result:
    lacking = [name for name in endpoint.holds if not shown.holds(name)]
    if not lacking:
        return replace(result, word=Word.OK, seen=f"holds {', '.join(endpoint.holds)}")
    return replace(
        result,
        word=Word.FAILED,
        seen=f"lacks {', '.join(lacking)}; it is for {shown.names}",
        consequence=f"clients that know it as {lacking[0]} refuse the connection",
        fix=_renew(endpoint),
        rule=endpoint.rule,
    )


def _dates(endpoint: Endpoint, shown: Shown, result: Result, days: int) -> Result:
    left = (shown.ends - datetime.datetime.now(datetime.UTC)).days
    result = replace(result, ends=shown.ends)
    if not shown.valid:
        return replace(
            result,
            word=Word.FAILED,
            seen=shown.span,
            consequence="every client that checks it refuses the connection",
            fix=f"{_renew(endpoint)}; where it is not valid yet, look at the clocks",
        )
    if left < days:
        return replace(
            result,
            word=Word.FAILED,
            seen=f"it ends in {counted(left, 'day')}, on {shown.ends:%Y-%m-%d}, and was not renewed",
            consequence="from then on every client that checks it refuses the connection",
            fix=_renew(endpoint),
        )
    note = f"valid for {left} more days"
    if endpoint.renewed is not None and left < endpoint.renewed:
        note += f", below {endpoint.renewed}: restart rke2-server on the node, which renews it"
    return replace(result, word=Word.OK, seen=note)


def _renew(endpoint: Endpoint) -> str:
    if endpoint.kind in (Kind.API, Kind.SUPERVISOR):
        return (
            "see that tls-san in the node's /etc/rancher/rke2 is as planned, and restart rke2-server, which renews it"
        )
    if endpoint.kind is Kind.REDFISH:
        return "give the BMC a certificate that fits, or set disableCertificateVerification on its BareMetalHost"
    return "look at its Certificate: kubectl get certificates -A; cert-manager renews it"
