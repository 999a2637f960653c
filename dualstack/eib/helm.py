"""The charts that the image brings: definition entries, repositories and values files.

Rules of EIB that shape this (``pkg/image/validation/kubernetes.go``): every repository is used by a chart; a login has
both parts or none; http:// wants plainHTTP; no charts without repositories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dualstack.document.frozen import LEAVE, Secret, thaw
from dualstack.document.logins import split_login
from dualstack.document.origins import Path
from dualstack.eib.tree import Builder
from dualstack.plan.charts import BOOTSTRAP_KEY
from dualstack.plan.model import ChartPlan, ChartRepository, Plan
from dualstack.plan.proxy import proxy_urls

VALUES_FOLDER = "kubernetes/helm/values"

Source = tuple[str, str | None, str | None]
"""What tells repositories apart: URL, user name, config key of the password."""


def image_charts(plan: Plan) -> tuple[ChartPlan, ...]:
    """Return the charts that the image brings, in the plan's order."""
    return tuple(chart for chart in plan.charts if chart.delivery == "image")


def values_file(chart: ChartPlan, charts: tuple[ChartPlan, ...]) -> str | None:
    """Return the name of a chart's values file, or None where it has no values.

    A chart and the one that brings its CRDs share a file where their values are the same, named after the former.
    """
    if not chart.values:
        return None
    same = [other for other in charts if other.key == chart.key != "extra" and other.values == chart.values]
    return f"{(same[-1] if same else chart).name}.yaml"


def values_files(plan: Plan, builder: Builder) -> Iterator[tuple[str, dict[str, Any], Path]]:
    """Yield path, content and the chart's field for each values file, with the secrets that the builder has."""
    charts = image_charts(plan)
    proxies = {item.url.key: item.path for item in proxy_urls(plan.site) if isinstance(item.url, Secret)}
    seen = set()
    for chart in reversed(charts):
        name = values_file(chart, charts)
        if name is not None and name not in seen:
            seen.add(name)
            path = f"{VALUES_FOLDER}/{builder.named(name, chart.path)}"
            yield path, _thawed(chart, path, builder, proxies), chart.path
            if split_login(str(chart.values.get("proxy", ""))).user:
                builder.private.add(path)


def _thawed(chart: ChartPlan, path: str, builder: Builder, proxies: Mapping[str, Path]) -> dict[str, Any]:
    def resolve(secret: Secret) -> Any:
        if secret.key == BOOTSTRAP_KEY:
            where = "bootstrapPassword"
            place: Path = ("rancher",)
            follows = (
                "Rancher makes a bootstrap password up; read it on the cluster: "
                f"kubectl -n {chart.namespace} get secret bootstrap-secret"
            )
        elif secret.key in proxies:
            where = "proxy"
            place = proxies[secret.key]
            follows = "Rancher has no proxy"
        else:
            where = "the password of its registry"
            place = (*chart.path, "login", "passwordKey")
            follows = f"the cluster cannot fetch images of {chart.name} that the image does not hold"
        value = builder.secret(secret.key, path, where, place, follows)
        return LEAVE if value is None else value

    thawed: dict[str, Any] = thaw(chart.values, resolve)
    return thawed


class _Named(NamedTuple):
    name: str
    chart: ChartPlan


def _repositories(charts: tuple[ChartPlan, ...]) -> dict[Source, _Named]:
    """Name each repository; one URL with two logins is two repositories, and no name is given twice."""
    named: dict[Source, _Named] = {}
    taken: set[str] = set()
    for chart in charts:
        source = _source(chart.repository)
        if source in named:
            continue
        name, number = chart.repository.name, 2
        while name in taken:
            name, number = f"{chart.repository.name}-{number}", number + 1
        taken.add(name)
        named[source] = _Named(name, chart)
    return named


def _source(repository: ChartRepository) -> Source:
    return repository.url, repository.username, repository.password_key


def helm_section(plan: Plan, file: str, builder: Builder) -> dict[str, Any]:
    """Compute ``kubernetes.helm`` of the definition; empty where the image brings no chart.

    Args:
        plan: the plan.
        file: path of the definition, for secrets.
        builder: gives the secrets.
    """
    charts = image_charts(plan)
    repositories = _repositories(charts)
    return {
        "charts": [_chart(chart, charts, repositories[_source(chart.repository)].name) for chart in charts],
        "repositories": [_repository(named, file, builder) for named in repositories.values()],
    }


def _chart(chart: ChartPlan, charts: tuple[ChartPlan, ...], repository: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": chart.chart}
    # EIB drops "-chart" at the end of a chart's name to make the name of the release.
    if chart.name != chart.chart.removesuffix("-chart"):
        entry["releaseName"] = chart.name
    entry |= {
        "repositoryName": repository,
        "version": chart.version,
        "targetNamespace": chart.namespace,
        "createNamespace": True,
        "installationNamespace": "kube-system",
    }
    name = values_file(chart, charts)
    return entry if name is None else {**entry, "valuesFile": name}


def _repository(named: _Named, file: str, builder: Builder) -> dict[str, Any]:
    source = named.chart.repository
    entry: dict[str, Any] = {"name": named.name, "url": source.url}
    if source.url.startswith("http://"):
        entry["plainHTTP"] = True
    if source.username is not None and source.password_key is not None:
        password = builder.secret(
            source.password_key,
            file,
            f"kubernetes.helm.repositories[{named.name}].authentication",
            (*named.chart.path, "login", "passwordKey"),
            f"EIB fetches charts from {source.url} without a login",
            stops=True,
        )
        if password is not None:
            entry["authentication"] = {"username": source.username, "password": password}
    return entry
