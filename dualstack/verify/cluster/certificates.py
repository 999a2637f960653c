"""Certificates that cert-manager keeps: issued, and valid; their Secrets are not read."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from dualstack.document.frozen import dig
from dualstack.plan.ironic_env import host_of
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, condition, listed, moment, namespace_of, place_of, shown
from dualstack.verify.model import Kind, Result

_SOON: Final = datetime.timedelta(days=14)
_CLOCKS: Final = datetime.timedelta(minutes=5)


def run(view: View) -> Iterator[Result]:
    """Check them."""
    certificates = view.objects("certificates")
    told = [result for one in certificates for result in _certificate(view.now, one)]
    told += [result for one in certificates for result in _rancher(view, one)]
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
    elif ends is not None and (ends <= renewal if renewal is not None else ends < now + _SOON):
        yield place.failed(
            f"it ends on {ends:%Y-%m-%d %H:%M} UTC, and no renewal comes before",
            f"clients refuse whoever shows {secret}",
            fix,
        )
    elif (begins := moment(dig(one, "status", "notBefore"))) is not None and begins > now + _CLOCKS:
        yield place.failed(
            f"it is not valid before {begins:%Y-%m-%d %H:%M} UTC",
            "clients refuse it until then",
            "compare the clocks of the nodes with the one here: chronyc tracking",
        )
    elif condition(one, "Issuing").get("reason") == "Failed":
        why = shown(condition(one, "Issuing").get("message") or "cert-manager gives no reason")
        yield place.failed(f"its renewal failed: {why}", "the certificate of before is shown until it ends", fix)


def _rancher(view: View, one: Object) -> Iterator[Result]:
    """Tell Rancher's own certificate (of its chart's Ingress) that does not hold Rancher's name."""
    names = [str(text).lower() for text in listed(dig(one, "spec", "dnsNames"))]
    host = host_of(str(next(iter(view.objects("server-url")), {}).get("value") or ""))
    own = (namespace_of(one), dig(one, "spec", "secretName")) == ("cattle-system", "tls-rancher-ingress")
    if own and host and names and not {host, f"*.{host.partition('.')[2]}"} & {*names}:
        yield Place(Kind.CERTIFICATES, place_of(one), "names").failed(
            f"it is for {', '.join(map(shown, names))}, Rancher is {shown(host)} (setting server-url)",
            "browsers and the agents of clusters refuse Rancher",
            "give the rancher chart that hostname, and remove the Certificate: the chart's Ingress has it made anew",
        )
