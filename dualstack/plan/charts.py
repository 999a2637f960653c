"""The Helm releases: versions, repositories, delivery and values."""

from __future__ import annotations

from typing import Any

from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.document.frozen import Secret, freeze
from dualstack.document.merge import overlay
from dualstack.plan.model import ChartPlan, ChartRepository
from dualstack.plan.proxy import proxy_urls
from dualstack.plan.topology import servers, several
from dualstack.releases import CHARTS, ChartKey, ChartRelease, Release, Repository, empty_host_bug
from dualstack.site import Site
from dualstack.site.charts import Chart, ExtraChart

BOOTSTRAP_KEY = "rancherBootstrapPassword"
"""Config key ``dualstack:rancherBootstrapPassword``, a secret of its own."""


def chart_settings(site: Site, key: str) -> Chart:
    """Return the site's settings of one of the release's charts."""
    settings: Chart = getattr(site.charts, key.replace("-", "_"))
    return settings


def enabled(site: Site, key: str) -> bool:
    """Tell whether a chart is part of the cluster; all of the release's are, unless the site says otherwise."""
    return chart_settings(site, key).enabled is not False


def metal3_values(site: Site, release: Release, metal3_version: str, serving: Pair[Address]) -> dict[str, Any]:
    """Compute the values of the metal3 chart for the site's mode.

    Args:
        site: the site.
        release: its release.
        metal3_version: version of the chart that will be used.
        serving: where Ironic serves machines.
    """
    settings = site.provisioning
    top: dict[str, Any] = {}
    if site.mode == "address":
        top["ironicIP"] = str(serving.ipv4 or "")
    else:
        top["provisioningHostname"] = settings.hostname or ""
    if settings.external_http_host:
        top["externalHttpHost"] = settings.external_http_host
    elif site.mode == "hostname" and empty_host_bug(metal3_version) is not False:
        top["externalHttpHost"] = settings.hostname or ""
    top["enable_vmedia_tls"] = settings.vmedia_tls
    if release.trusted_cas_key == "additionalTrustedCAs":
        top["additionalTrustedCAs"] = settings.trusted_cas is not None
    elif settings.trusted_cas is not None:
        top["trustedCAs"] = settings.trusted_cas
    ironic: dict[str, Any] = {"global": {"predictableNicNames": settings.predictable_nic_names}}
    if site.mode == "address" or several(site):
        ironic["listenOnAll"] = True
    if settings.persistence.enabled:
        volume: dict[str, Any] = {"size": settings.persistence.size}
        if settings.persistence.storage_class:
            volume["storageClass"] = settings.persistence.storage_class
        ironic["persistence"] = {"ironic": volume}
    else:
        # An empty size makes the chart use an emptyDir; left out, the chart's own size would make a volume.
        ironic["persistence"] = {"ironic": {"size": ""}}
    ironic["service"] = {"type": settings.service_type or ("LoadBalancer" if several(site) else "NodePort")}
    values: dict[str, Any] = {"global": top, "metal3-ironic": ironic}
    if site.mode == "address":
        values["metal3-baremetal-operator"] = {"baremetaloperator": {"externalHttpIPv6": str(serving.ipv6 or "")}}
    return values


def rancher_values(site: Site, hostname: str, secrets: frozenset[str], no_proxy: tuple[str, ...]) -> dict[str, Any]:
    """Compute the values of the Rancher chart; the password only as a secret, and only where the stack has one."""
    registry = site.rancher.system_default_registry
    values: dict[str, Any] = {"hostname": hostname}
    if BOOTSTRAP_KEY in secrets:
        values["bootstrapPassword"] = Secret(BOOTSTRAP_KEY)
    values["replicas"] = site.rancher.replicas or min(3, servers(site))
    # The guide's key is read by no template of the upstream chart; the top-level one is.
    values["systemDefaultRegistry"] = registry
    values["global"] = {"cattle": {"systemDefaultRegistry": registry}}
    # The one for https, where there is one.
    for proxy in proxy_urls(site)[-1:]:
        if not isinstance(proxy.url, Secret) or proxy.url.key in secrets:
            values["proxy"] = proxy.url
            # Helm splits at commas in --set only; the chart takes the text as it is. Its default knows IPv4 alone.
            values["noProxy"] = ",".join(no_proxy)
    return values


def _storage_values(site: Site, release: Release) -> dict[str, Any]:
    login = site.charts.storage.login
    if not release.storage_login:
        return {"global": {"cattle": {"systemDefaultRegistry": site.rancher.system_default_registry}}}
    if login is None:
        return {}
    return {
        "privateRegistry": {
            "createSecret": True,
            "registryUrl": "dp.apps.rancher.io",
            "registryUser": login.username,
            "registryPasswd": Secret(login.password_key),
            "registrySecret": "rancher-app-collection",
        }
    }


def _turtles_values(site: Site, release: Release) -> dict[str, Any]:
    """Have the chart itself switch Rancher's own Cluster API off, where Rancher is there before it.

    From the image the two come in any order, so there the first boot does it (Turtles ``pre-install-job.yaml``
    makes a Feature, of which the API server knows nothing before Rancher runs).
    """
    by_pulumi = (site.charts.turtles.delivery or site.delivery) == "pulumi"
    return {"rancherTurtles": {"rancherInstalled": True}} if release.embedded_capi and by_pulumi else {}


def _neuvector_values(registry: str) -> dict[str, Any]:
    return {
        "controller": {"replicas": 1, "ranchersso": {"enabled": True}},
        "manager": {"enabled": False},
        "cve": {"scanner": {"enabled": False, "replicas": 1}},
        "k3s": {"enabled": True},
        "crdwebhook": {"enabled": False},
        "registry": registry,
        "global": {"cattle": {"systemDefaultRegistry": registry}},
    }


def repository_name(url: str) -> str:
    """Derive a repository name from its URL, as EIB wants one for each."""
    bare = url.split("://", 1)[-1].strip("/")
    return "".join(char if char.isalnum() else "-" for char in bare).strip("-").lower()


def _repository(given: Repository | None, settings: Chart) -> ChartRepository:
    login = settings.login
    username, key = (login.username, login.password_key) if login else (None, None)
    if settings.repository is not None or given is None:
        url = settings.repository or ""
        return ChartRepository(repository_name(url), url, username, key)
    if not given.login:
        # A fleet's login for SUSE Storage must not reach a release whose Longhorn comes from a public repository.
        return ChartRepository(given.name, given.url)
    return ChartRepository(given.name, given.url, username, key, needs_login=True)


Values = dict[ChartKey, dict[str, Any]]
"""Computed values by the chart's key."""


def plan_charts(site: Site, release: Release, computed: Values) -> tuple[ChartPlan, ...]:
    """Compute the Helm releases in the order in which they depend on each other.

    Args:
        site: the site.
        release: its release.
        computed: computed values; a chart has none where none are needed.
    """
    plans: list[ChartPlan] = []
    before: tuple[str, ...] = ()
    for key in CHARTS:
        if not enabled(site, key):
            continue
        settings = chart_settings(site, key)
        for item in release.charts:
            if item.key == key:
                plan = _plan_chart(site, item, settings, computed.get(key, {}), before)
                plans.append(plan)
                before = (plan.name,)
    plans += [_plan_extra(site, index, extra) for index, extra in enumerate(site.charts.extra)]
    return tuple(plans)


def _plan_chart(
    site: Site, item: ChartRelease, settings: Chart, values: dict[str, Any], before: tuple[str, ...]
) -> ChartPlan:
    return ChartPlan(
        key=item.key,
        name=item.name,
        chart=item.chart,
        version=settings.version or item.version,
        pinned_by="site" if settings.version else "release",
        repository=_repository(item.repository, settings),
        namespace=item.namespace,
        delivery=settings.delivery or site.delivery,
        values=freeze(overlay(values, settings.values, keep_null=True)),
        computed=freeze(values),
        depends_on=before,
        path=("charts", item.key),
        day2=settings.day2 or site.day2,
        handover=settings.handover,
    )


def _plan_extra(site: Site, index: int, extra: ExtraChart) -> ChartPlan:
    return ChartPlan(
        key="extra",
        name=extra.name,
        chart=extra.name,
        version=extra.version,
        pinned_by="site",
        repository=_repository(None, extra),
        namespace=extra.namespace,
        delivery=extra.delivery or site.delivery,
        values=freeze(extra.values),
        computed=freeze({}),
        depends_on=(),
        path=("charts", "extra", index),
        day2=extra.day2 or site.day2,
        handover=extra.handover,
    )


def computed_values(
    site: Site,
    release: Release,
    serving: Pair[Address],
    rancher: str,
    secrets: frozenset[str],
    no_proxy: tuple[str, ...],
) -> Values:
    """Compute the values of the charts that want some; of those that the release lacks nobody asks for them."""
    metal3 = next((item.version for item in release.charts if item.key == "metal3"), "")
    return {
        "cert-manager": {"installCRDs": True},
        "storage": _storage_values(site, release),
        "metal3": metal3_values(site, release, site.charts.metal3.version or metal3, serving),
        "rancher": rancher_values(site, rancher, secrets, no_proxy),
        "turtles": _turtles_values(site, release),
        "neuvector": _neuvector_values(site.rancher.system_default_registry),
    }
