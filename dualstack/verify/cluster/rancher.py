"""Rancher: the URL that it gives others, by the policies for its host name, and against the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from dualstack.document.frozen import dig
from dualstack.plan.ironic_env import host_of
from dualstack.verify.cluster.helm import HelmRelease
from dualstack.verify.cluster.policy import given_release, told
from dualstack.verify.cluster.view import Place, View, shown
from dualstack.verify.model import Kind, Result

_FIX = "set it in Rancher's global settings (server-url), and register again the clusters that were given the old one"


def run(view: View) -> Iterator[Result]:
    """Check the setting server-url."""
    listing = view.live.of("server-url")
    planned = view.plan.rancher_hostname if view.plan is not None and view.plan.chart("rancher") is not None else ""
    if view.plan is None:
        release = next((one for one in view.helm if one.chart == "rancher"), None)
        planned = str(dig(release.values, "hostname", default="")) if release is not None else ""
    says = "planned is" if view.plan is not None else "the chart's hostname is"
    place = Place(Kind.RANCHER, "setting server-url", "URL")
    url = str(next(iter(listing.objects), {}).get("value") or "")
    if not url:
        if planned and (view.plan is not None or not listing.absent):
            yield place.failed(
                "Rancher is not there" if listing.absent else "it is empty: nobody has finished Rancher's first start",
                "no cluster can register, and agents do not know where Rancher is",
                f"open https://{planned} and log in, or set it: kubectl edit settings.management.cattle.io server-url",
            )
        return
    host = host_of(url)
    if not url.startswith("https://") or not host:
        yield place.failed(f"{shown(url)} is no URL with https and a host", "agents do not reach Rancher", _FIX)
        return
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        yield place.failed(
            f"{shown(url)} has more than a host: {shown(parts.path or parts.query or parts.fragment)}",
            "agents ask for Rancher's paths below it, where nobody answers",
            _FIX,
        )
        return
    results: list[Result] = []
    if planned and host != planned.lower():
        results.append(
            place.failed(
                f"{shown(url)}, {says} https://{shown(planned)}",
                "agents and downstream clusters call another name than DNS and certificates are made for",
                _FIX,
            )
        )
    made = HelmRelease("rancher", "cattle-system", "rancher", "", {"hostname": host}, "server-url")
    for result in told(view, place, given_release(made)):
        results.append(
            replace(result, asked=result.asked.replace("values.hostname", "host"), fix=f"{result.fix}; {_FIX}")
        )
    yield from results
    if not results:
        yield place.ok(shown(url))
