"""Certificates that cert-manager keeps: issued, and valid; their Secrets are not read."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from dualstack.document.frozen import dig
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, condition, moment, place_of, shown
from dualstack.verify.model import Kind, Result


def run(view: View) -> Iterator[Result]:
    """Check them."""
    certificates = view.objects("certificates")
    told = [result for one in certificates for result in _certificate(view.now, one)]
    yield from told
    if not told:
        yield Place(Kind.CERTIFICATES, "Certificates", "issued and valid").ok(
            f"{len(certificates)} of cert-manager, none in trouble" if certificates else "cert-manager keeps none"
        )


def _certificate(now: datetime.datetime, one: Object) -> Iterator[Result]:
    place = Place(Kind.CERTIFICATES, place_of(one), "issued and valid")
    secret = dig(one, "spec", "secretName", default="its Secret")
    ready, ends = condition(one, "Ready"), moment(dig(one, "status", "notAfter"))
    renewal = moment(dig(one, "status", "renewalTime"))
    fix = "kubectl describe certificate, certificaterequest and issuer tell what is missing; cmctl renew issues it anew"
    if ends is not None and ends < now:
        yield place.failed(f"it ended on {ends:%Y-%m-%d %H:%M} UTC", f"clients refuse whoever shows {secret}", fix)
    elif ready.get("status") != "True":
        why = shown(ready.get("message") or ready.get("reason") or "cert-manager says nothing of it")
        yield place.failed(
            f"not issued: {why}", f"whoever needs {secret} does not start, or shows an old certificate", fix
        )
    elif renewal is not None and renewal + datetime.timedelta(hours=1) < now:
        yield place.failed(f"its renewal was due at {renewal:%Y-%m-%d %H:%M} UTC", "it ends without a successor", fix)
