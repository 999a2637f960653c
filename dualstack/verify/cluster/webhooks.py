"""Webhooks and aggregated APIs: whoever the API server asks before it answers must be there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from dualstack.document.frozen import dig
from dualstack.verify.cluster.asked import key
from dualstack.verify.cluster.behind import ready_endpoints
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, condition, listed, mappings, name_of, place_of, shown
from dualstack.verify.model import Kind, Result


def run(view: View) -> Iterator[Result]:
    """Check who is asked."""
    configurations = [*view.objects("validating"), *view.objects("mutating")]
    told = [result for one in configurations for result in _configuration(view, one)]
    told += [result for one in view.objects("apiservices") for result in _api(one)]
    yield from told
    if not told:
        count = sum(len(mappings(one.get("webhooks"))) for one in configurations)
        yield Place(Kind.WEBHOOKS, "webhooks", "answer").ok(
            f"{count} webhooks and {len(view.objects('apiservices'))} APIs: none leads to nobody"
        )


def _configuration(view: View, one: Object) -> Iterator[Result]:
    for hook in mappings(one.get("webhooks")):
        place = Place(Kind.WEBHOOKS, place_of(one), str(hook.get("name")))
        service = dig(hook, "clientConfig", "service")
        if isinstance(service, Mapping):
            why = _nobody(view, service)
            if why and hook.get("failurePolicy", "Fail") == "Fail":
                yield place.failed(
                    why,
                    f"the API server refuses {_rules(hook)}",
                    "look at the pods of the Service; where its chart is gone: kubectl delete "
                    f"{str(one.get('kind')).lower()} {name_of(one)}",
                )
        yield from _authority(view, place, str(dig(hook, "clientConfig", "caBundle", default="")))


def _nobody(view: View, service: Mapping[str, Any]) -> str:
    """Say why nobody answers for a Service; empty where somebody does, or nobody can tell."""
    services, endpoints = view.live.of("services"), view.live.of("endpoints")
    named = str(service.get("namespace")), str(service.get("name"))
    if services.why:
        return ""
    if named not in {key(one) for one in services.objects}:
        return f"there is no Service {'/'.join(named)}"
    if endpoints.why or endpoints.absent:
        return ""
    return "" if any(ready_endpoints(endpoints.objects).get(named, {}).values()) else (
        f"no pod behind Service {'/'.join(named)} is ready"
    )  # fmt: skip


def _rules(hook: Mapping[str, Any]) -> str:
    what = [
        f"{'/'.join(map(str, listed(rule.get('operations'))))} of {', '.join(map(str, listed(rule.get('resources'))))}"
        for rule in mappings(hook.get("rules"))
    ]
    return shown("; ".join(what) or "what it is asked about")


def _authority(view: View, place: Place, bundle: str) -> Iterator[Result]:
    """Tell a bundle of authorities of which none is valid any more."""
    from cryptography import x509

    if not bundle:
        return
    with suppress(binascii.Error, ValueError):
        ends = [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(base64.b64decode(bundle))]
        if ends and max(ends) < view.now:
            yield place.failed(
                f"its caBundle ended on {max(ends):%Y-%m-%d}",
                "the API server does not trust the webhook, and refuses what it should be asked about",
                "have it made anew: cert-manager's cainjector, or the chart that brought it",
            )


def _api(one: Object) -> Iterator[Result]:
    available = condition(one, "Available")
    if dig(one, "spec", "service") and available.get("status") in ("False", "Unknown"):
        yield Place(Kind.WEBHOOKS, place_of(one), "available").failed(
            shown(available.get("message") or available.get("reason") or "not available, and no reason is given"),
            "kinds of this API are gone; namespaces are not removed, and kubectl complains",
            "look at the pods of its Service; where its chart is gone: kubectl delete apiservice " + name_of(one),
        )
