"""BareMetalHosts: their BMCs as policies judge them, the operator's own word, and the media of the right family."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dualstack.address.bmc import HTTP_BOOT, parse_bmc
from dualstack.address.family import family_of_text
from dualstack.answer.style import counted
from dualstack.document.frozen import dig
from dualstack.document.logins import split_login
from dualstack.plan.ironic_env import host_of
from dualstack.rules.ironic.ironic_hosts import EMPTY_URL_HOST
from dualstack.rules.ironic.ironic_rendered import url_problem
from dualstack.rules.ironic.media import MEDIA_FAMILY, given_other_family
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster.ironic import IMAGES, IMAGES_V6, ironic_env, operator_env
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import judged
from dualstack.verify.cluster.view import Place, View, internal_ips, moment, name_of, place_of, shown
from dualstack.verify.model import Kind, Result

_STEPS: Final = {
    "registering": "register", "inspecting": "inspect", "provisioning": "provision", "deprovisioning": "deprovision",
}  # fmt: skip
"""Steps of ``status.operationHistory`` by the state that they are done in (metal3.io/v1alpha1)."""
_LONG: Final = datetime.timedelta(hours=3)
"""The slowest machine's cleaning, inspection or deployment is over by then; Ironic itself gives up after one."""


def run(view: View) -> Iterator[Result]:
    """Check the machines that are provisioned."""
    hosts = view.objects("hosts")
    told = [*judged(view, Kind.HOSTS, hosts)]
    for host in hosts:
        told += [*_state(host), *_long(view, host), *_image(host), *_nobody_elses(view, host), *_media(view, host)]
    told += _planned(view)
    yield from told
    if not told:
        yield Place(Kind.HOSTS, "BareMetalHosts", "BMCs and state").ok(
            f"{counted(len(hosts), 'machine')}, none in trouble" if hosts else "no machine is registered"
        )


def bmc_of(host: Object) -> str:
    """Give the address of a host's BMC."""
    return str(dig(host, "spec", "bmc", "address", default=""))


def media_url(view: View, host: Object) -> str:
    """Give the URL that the operator has Ironic give a BMC; empty for Ironic's general one."""
    address = parse_bmc(bmc_of(host))
    v6 = operator_env(view).get(IMAGES_V6, "")
    return v6 if v6 and address.family == "ipv6" else ""


def _state(host: Object) -> Iterator[Result]:
    place = Place(Kind.HOSTS, place_of(host), "state")
    message = dig(host, "status", "errorMessage")
    if message or dig(host, "status", "operationalStatus") == "error":
        kind = shown(dig(host, "status", "errorType", default="error"))
        yield place.failed(
            f"{kind}: {shown(message or 'the operator gives no reason')}",
            "the machine is not registered, inspected or provisioned",
            "look at its BMC and credentials: kubectl describe baremetalhost; the operator tries again by itself",
        )


def _long(view: View, host: Object) -> Iterator[Result]:
    """Tell a step that began long ago and did not end (BareMetalHost ``status.operationHistory``), or a removal."""
    history = dig(host, "status", "operationHistory")
    state = str(dig(host, "status", "provisioning", "state", default=""))
    running: dict[str, datetime.datetime | None] = {}
    # A step that was broken off keeps its start without an end: the one that the machine is in counts.
    if (name := _STEPS.get(state)) is not None and not dig(history, name, "end"):
        running[name] = moment(dig(history, name, "start") or dig(host, "metadata", "creationTimestamp"))
    running["removal"] = moment(dig(host, "metadata", "deletionTimestamp"))
    for name, began in running.items():
        if began is not None and began + _LONG < view.now:
            yield Place(Kind.HOSTS, place_of(host), f"{name} ends").failed(
                f"{name} began on {began:%Y-%m-%d %H:%M} UTC and did not end",
                "the machine waits in between: it is neither free nor of use",
                "look at its console, and at the logs of Ironic and the operator: kubectl -n metal3-system get pods",
            )


def _image(host: Object) -> Iterator[Result]:
    """Tell an image or checksum whose URL names no host, as templates make it of an empty variable or bare address.

    The operator's webhook takes both (0.11.2, run), and Ironic fails much later.
    """
    for name in ("url", "checksum"):
        text = split_login(str(dig(host, "spec", "image", name, default=""))).bare
        if problem := url_problem(text):
            fix = "write the host of the image server, an IPv6 address in brackets"
            finding = EMPTY_URL_HOST.at(("spec", "image", name), f"{shown(text)} {problem}", fix)
            found = Place(Kind.HOSTS, place_of(host), f"image: {name}").finding(finding)
            yield replace(found, consequence="the machine fetches its image from nowhere, and is not installed")


def _nobody_elses(view: View, host: Object) -> Iterator[Result]:
    ip = as_ip(parse_bmc(bmc_of(host)).host)
    if ip is not None and ip in {as_ip(text) for node in view.nodes for text in internal_ips(node)}:
        yield Place(Kind.HOSTS, place_of(host), "BMC: unique").failed(
            f"its BMC's address {ip} is a node's of this cluster",
            "Ironic asks a node in place of a BMC, and drives no machine",
            "write the BMC's own address into spec.bmc.address",
        )


def _media(view: View, host: Object) -> Iterator[Result]:
    """Tell a BMC that is given media of the other family, by what Ironic and the operator are told to give."""
    address = parse_bmc(bmc_of(host))
    url = media_url(view, host) or ironic_env(view).get(IMAGES, "")
    media = host_of(url)
    if address.family is None or address.scheme in HTTP_BOOT or as_ip(media) is None:
        return
    if given_other_family(address.family, family_of_text(media)):
        finding = MEDIA_FAMILY.at(
            ("spec", "bmc", "address"),
            f"its BMC {address.host} is given media at {url}",
            "set externalHttpIPv6 of the metal3 chart, or use hostname mode",
        )
        yield Place(Kind.HOSTS, place_of(host), "media").finding(finding)


def _planned(view: View) -> Iterator[Result]:
    if view.plan is None:
        return
    planned = {bmc.name: bmc.address for bmc in view.plan.bmcs}
    for host in view.objects("hosts"):
        wanted = planned.get(name_of(host))
        if wanted is not None and bmc_of(host) != wanted:
            yield Place(Kind.HOSTS, place_of(host), "BMC: as planned").failed(
                f"its BMC is {shown(bmc_of(host))}, planned is {wanted}",
                "Ironic drives another machine than the plan says",
                "detach it, and change spec.bmc.address; or write the address into provisioning.bmcs",
            )
