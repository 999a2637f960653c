"""Ironic and the Baremetal Operator by their ConfigMaps: read back into the chart's values, which policies judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dualstack.document.findings import At, Finding
from dualstack.document.frozen import dig
from dualstack.plan.ironic_env import (
    ACCESS_PORT,
    BASE_URLS,
    CALLBACK_URLS,
    EXTERNAL_IP,
    HTTP_URL,
    LISTEN_ALL,
    OWN_HOSTS,
    extra_env,
    host_of,
)
from dualstack.plan.model import Ironic, Plan
from dualstack.rules.image.image_contents import ipv6_off
from dualstack.rules.ironic.ironic_env import KERNEL_PARAMS, NO_IPV6_THERE, ironic_url
from dualstack.rules.ironic.ironic_hosts import ONE_HOST, url_without_host
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster.helm import HelmRelease
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import given_release, told
from dualstack.verify.cluster.view import Place, View, cluster_ips, listed, namespace_of, place_of, shown
from dualstack.verify.model import Kind, Result

IMAGES: Final = "IRONIC_EXTERNAL_HTTP_URL"
IMAGES_V6: Final = "IRONIC_EXTERNAL_URL_V6"
ENDPOINT: Final = "IRONIC_ENDPOINT"
_CACHE: Final = "CACHEURL"
_INTERFACE: Final = "PROVISIONING_INTERFACE"
_OF_IRONIC: Final = (IMAGES, LISTEN_ALL, *OWN_HOSTS, _INTERFACE)
"""Variables by which Ironic's ConfigMap is known, whoever wrote it (suse-edge/charts; metal3-io/ironic-image)."""
_OF_OPERATOR: Final = (ENDPOINT, IMAGES_V6)
_LEAST: Final = 2
"""Variables by which a ConfigMap is taken for Ironic's: a stranger's may have one of the same name."""
_HOSTED: Final = (IMAGES, IMAGES_V6, ENDPOINT, _CACHE, "DEPLOY_KERNEL_URL", "DEPLOY_RAMDISK_URL", "DEPLOY_ISO_URL")
_EXTRA: Final = (
    *BASE_URLS, *CALLBACK_URLS, EXTERNAL_IP, HTTP_URL, ACCESS_PORT, "OS_DEPLOY__EXTERNAL_HTTP_URL",
    "OS_DEPLOY__HTTP_URL", "OS_API__PUBLIC_ENDPOINT",
)  # fmt: skip
"""Variables that go past the chart's own values: ``ironicExtraEnv``."""
_FIX: Final = "mend the values of the metal3 chart (docs/charts.md); a ConfigMap changed by hand is the chart's again"


def run(view: View) -> Iterator[Result]:
    """Check both ConfigMaps."""
    ironics = _of_ironic(view)
    operators = [one for one in view.objects("configmaps") if _has(one, _OF_OPERATOR)]
    plan = view.plan
    if plan is not None and plan.ironic is not None:
        for who, found in (("Ironic", ironics), ("the operator", operators)):
            if not found:
                yield Place(Kind.IRONIC, f"ConfigMap of {who}", "there").failed(
                    "the cluster has none",
                    "no machine is provisioned",
                    "look at the metal3 release: kubectl -n metal3-system get all; helm status metal3",
                )
    elif not ironics and not operators:
        yield Place(Kind.IRONIC, "ConfigMap of Ironic", "there").ok(
            "the cluster has none: no machine is provisioned here"
        )
    for one in ironics:
        yield from _judged(view, one, _nearest(one, operators))
    for one in operators:
        if one not in ironics:
            yield from _urls(one)
    compared = {IMAGES, *_operator(plan.ironic)} if plan is not None and plan.ironic is not None else set()
    for one in [*ironics, *(one for one in operators if one not in ironics)]:
        yield from _stale(view, one, ironics, compared)
    if plan is not None and plan.ironic is not None:
        chart = plan.chart("metal3")
        extra = extra_env(chart.values) if chart is not None else {}
        for one in ironics:
            yield from _compared(one, {**_wanted(plan.ironic), **extra})
        for one in operators:
            yield from _compared(one, _operator(plan.ironic))


def env_of(one: Object | None) -> Mapping[str, str]:
    """Give the variables of a ConfigMap."""
    data = dig(one, "data")
    return {str(key): str(value) for key, value in data.items()} if isinstance(data, Mapping) else {}


def operator_env(view: View) -> Mapping[str, str]:
    """Give the variables of the operator; none where nobody may read them."""
    return env_of(next((one for one in view.objects("configmaps") if _has(one, _OF_OPERATOR)), None))


def ironic_env(view: View) -> Mapping[str, str]:
    """Give the variables of Ironic; none where nobody may read them."""
    return env_of(next(iter(_of_ironic(view)), None))


def _of_ironic(view: View) -> list[Object]:
    found = [one for one in view.objects("configmaps") if _has(one, _OF_IRONIC)]
    sure = [one for one in found if sum(name in env_of(one) for name in _OF_IRONIC) >= _LEAST]
    return sure or found


def _has(one: Object, names: tuple[str, ...]) -> bool:
    data = dig(one, "data")
    return isinstance(data, Mapping) and any(name in data for name in names)


def _nearest(one: Object, operators: list[Object]) -> Object | None:
    return next((other for other in operators if namespace_of(other) == namespace_of(one)), None)


def _judged(view: View, one: Object, operator: Object | None) -> Iterator[Result]:
    env = env_of(one)
    results = [*_urls(one), *_ramdisk(view, one)]
    yield from results
    release = next((item for item in view.helm if item.chart == "metal3"), None)
    values = _values(env, env_of(operator))
    made = HelmRelease("ironic", namespace_of(one), "metal3", release.version if release else "", values, place_of(one))
    for result in told(view, Place(Kind.IRONIC, place_of(one), ""), given_release(made)):
        # An interface that is named is a host, too: the image's scripts take its address.
        if result.rule == ONE_HOST.id and env.get(_INTERFACE) and "none of" in result.seen:
            continue
        yield replace(result, asked=result.asked.removeprefix("values."), fix=f"{result.fix}; {_FIX}")
        results.append(result)
    if not results:
        yield Place(Kind.IRONIC, place_of(one), "URLs and hosts").ok(
            f"images at {shown(env.get(IMAGES) or 'no URL')}, listens on all: {shown(env.get(LISTEN_ALL) or 'true')}"
        )


def _values(env: Mapping[str, str], operator: Mapping[str, str]) -> dict[str, Any]:
    """Write the chart's values that make these variables (suse-edge/charts, ironic ``templates/configmap.yaml``)."""
    images = env.get(IMAGES, "")
    top: dict[str, Any] = {
        "ironicIP": env.get("IRONIC_IP", ""),
        "provisioningIP": env.get("PROVISIONING_IP", ""),
        "provisioningHostname": env.get("IRONIC_URL_HOSTNAME", ""),
        "externalHttpHost": host_of(images),
        "enable_tls": operator.get(ENDPOINT, "https:").startswith("https:"),
        "enable_vmedia_tls": images.startswith("https:"),
    }
    listen = env.get(LISTEN_ALL, "")
    return {
        "global": top,
        "metal3-ironic": {
            "listenOnAll": listen.lower() in ("true", ""),
            "ironicExtraEnv": {name: env[name] for name in _EXTRA if env.get(name)},
        },
        "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": host_of(operator.get(IMAGES_V6, ""))}},
    }


def _urls(one: Object) -> Iterator[Result]:
    env = env_of(one)
    for name in _HOSTED:
        item = At(("data", name), env.get(name, ""))
        findings: list[Finding] = [*url_without_host(item, _FIX)] if name != ENDPOINT else []
        for finding in findings or ironic_url(item):
            yield Place(Kind.IRONIC, place_of(one), name).finding(finding)


def _ramdisk(view: View, one: Object) -> Iterator[Result]:
    """Tell kernel arguments that leave the machines' ramdisk without IPv6, as the rule does."""
    for word in env_of(one).get(KERNEL_PARAMS, "").split():
        for finding in ipv6_off(At(("data", KERNEL_PARAMS), word)):
            if finding.rule.id not in view.accepted:
                told = Place(Kind.IRONIC, place_of(one), KERNEL_PARAMS).failed(
                    f"{shown(word)} switches IPv6 off in the machines' ramdisk", NO_IPV6_THERE, f"remove it; {_FIX}"
                )
                yield replace(told, rule=finding.rule.id)


def _stale(view: View, one: Object, ironics: list[Object], compared: set[str]) -> Iterator[Result]:
    """Tell URLs of an address that nothing in the cluster has (any more); those of the plan are compared with it."""
    services = view.live.of("services")
    if services.why or not view.nodes:
        return
    have = {
        *view.hosts,
        *(as_ip(text) for one in services.objects for text in cluster_ips(one)),
        *(as_ip(str(text)) for one in services.objects for text in listed(dig(one, "spec", "externalIPs"))),
    }
    # Ironic's own addresses may be of a network that Kubernetes does not know.
    have |= {as_ip(env_of(other).get(name, "")) for other in ironics for name in (*OWN_HOSTS, EXTERNAL_IP)}
    for name in (IMAGES, ENDPOINT, _CACHE):
        host = host_of(env_of(one).get(name, ""))
        if name not in compared and as_ip(host) is not None and as_ip(host) not in have:
            yield Place(Kind.IRONIC, place_of(one), f"{name}: address").failed(
                f"{shown(env_of(one)[name])}: no node and no Service has {shown(host)}",
                "machines, BMCs and the operator ask an address where nobody answers",
                _FIX,
            )


def _wanted(ironic: Ironic) -> dict[str, str]:
    return {
        "IRONIC_IP": ironic.ironic_ip,
        "PROVISIONING_IP": ironic.provisioning_ip,
        "IRONIC_URL_HOSTNAME": ironic.hostname,
        IMAGES: ironic.rendered_url,
        LISTEN_ALL: "true" if ironic.listen_on_all else "false",
    }


def _operator(ironic: Ironic) -> dict[str, str]:
    return {ENDPOINT: ironic.endpoint, IMAGES_V6: ironic.external_url_v6}


def _compared(one: Object, wanted: Mapping[str, str]) -> Iterator[Result]:
    env = env_of(one)
    different = False
    for name, value in wanted.items():
        have = env.get(name, "")
        if name == LISTEN_ALL:
            have = (have or "true").lower()
        if have.rstrip("/") != value.rstrip("/"):
            different = True
            yield Place(Kind.IRONIC, place_of(one), f"{name}: as planned").failed(
                f"{shown(have) or 'it is not set'}, planned is {value or 'nothing'}",
                "machines and BMCs are given other hosts than DNS, certificates and firewalls are made for",
                "bring the chart's values to the plan's (helm upgrade, or its HelmChartConfig), or write these into "
                "the site; then restart Ironic's and the operator's pods",
            )
    if not different:
        yield Place(Kind.IRONIC, place_of(one), "as planned").ok(f"{len(wanted)} variables are the plan's")


def planned_hosts(plan: Plan | None) -> set[str]:
    """Give the hosts by which Ironic may call itself, by the plan; empty without one."""
    ironic = plan.ironic if plan is not None else None
    return {host_of(ironic.api_url), host_of(ironic.endpoint)} if ironic is not None else set()
