"""Helm releases of a cluster, by Helm's own records, and where nobody may read these, by RKE2's HelmCharts."""

from __future__ import annotations

import base64
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from dualstack.document.frozen import dig
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.merge import overlay
from dualstack.policies.charts import named_chart, of_helm_chart
from dualstack.policies.directory import loaded
from dualstack.verify.cluster.live import Live, Object
from dualstack.verify.cluster.records import identity, inflated, unpacked

_BUSY: Final = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
_BY_RECORD: Final = Hole("the record of the Helm release cannot be read")


@dataclass(frozen=True)
class HelmRelease:
    """One Helm release, as far as it can be read.

    Attributes:
        name: of the release.
        namespace: where its objects are.
        chart: the chart's own name; empty where nobody tells.
        version: of the chart; empty where nobody tells.
        values: what it was given; a ``Hole`` where nobody can look at them.
        source: the object that says so.
        status: Helm's word, such as ``deployed``; empty where it is not known.
        told: what is said of its trouble; empty where nothing is.
    """

    name: str
    namespace: str
    chart: str
    version: str
    values: Any
    source: str
    status: str = ""
    told: str = ""

    @property
    def busy(self) -> bool:
        """Whether an operation has begun and did not end."""
        return self.status in _BUSY


def releases(live: Live) -> list[HelmRelease]:
    """Give every Helm release that can be told, RKE2's own among them."""
    found = {(one.namespace, one.name): one for one in map(_recorded, live.of("releases").objects) if one is not None}
    configs = {_name(one): one for one in live.of("chart-configs").objects}
    trouble = _trouble(live)
    for chart in live.of("charts").objects:
        one = _of_chart(chart, configs.get(_name(chart)))
        known = found.get((one.namespace, one.name))
        told = trouble.get(one.name, "") or one.told
        found[one.namespace, one.name] = replace(known or one, told=told)
    return list(found.values())


def _name(one: Object) -> tuple[str, str]:
    return str(dig(one, "metadata", "namespace", default="")), str(dig(one, "metadata", "name", default=""))


def _recorded(secret: Object) -> HelmRelease | None:
    known = identity(secret)
    if known is None:
        return None
    namespace, name, _ = known
    source = f"Secret {'/'.join(_name(secret))}"
    status = str(dig(secret, "metadata", "labels", "status", default=""))
    release = unpacked(secret)
    if release is None:
        return HelmRelease(name, namespace, "", "", _BY_RECORD, source, status)
    values = release.get("config")
    return HelmRelease(
        name,
        namespace,
        str(dig(release, "chart", "metadata", "name", default="")),
        str(dig(release, "chart", "metadata", "version", default="")),
        values if isinstance(values, Mapping) else {},
        source,
        str(dig(release, "info", "status", default="") or status),
        str(dig(release, "info", "description", default="")) if status == "failed" else "",
    )


def _of_chart(chart: Object, config: Object | None) -> HelmRelease:
    """Read a HelmChart as helm-controller does, with the HelmChartConfig of its name over it."""
    namespace, name = _name(chart)
    spec = chart.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    named, version = _chart_in(spec)
    return HelmRelease(
        name,
        str(spec.get("targetNamespace") or namespace),
        named or name,
        str(spec.get("version") or version or ""),
        _values(spec, config),
        f"HelmChart {namespace}/{name}",
        told=_condition(chart),
    )


def _values(spec: Mapping[str, Any], config: Object | None) -> Any:
    try:
        values = of_helm_chart(spec)
    except Unreadable as error:
        return Hole(error.why)
    over = dig(config, "spec", "valuesContent")
    if isinstance(values, Hole) or not isinstance(over, str) or not over.strip():
        return values
    read = loaded(over)
    return Hole("the values of its HelmChartConfig are no YAML mapping") if read is None else overlay(
        values, read, keep_null=True
    )  # fmt: skip


def _chart_in(spec: Mapping[str, Any]) -> tuple[str, str | None]:
    """Give name and version of a HelmChart's chart: by reference, or as an archive inside it, as EIB delivers it."""
    chart, content = spec.get("chart"), spec.get("chartContent")
    if isinstance(chart, str) and chart:
        return named_chart(chart)
    if not isinstance(content, str) or not content:
        return "", None
    with suppress(ValueError, OSError, EOFError, zlib.error, tarfile.TarError):
        plain = inflated(base64.b64decode(content))
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for member in archive:
                if member.isfile() and member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                    file = archive.extractfile(member)
                    data = loaded(file.read(1 << 16).decode("utf-8", "replace")) if file is not None else None
                    if data is not None:
                        return str(data.get("name") or ""), str(data.get("version") or "") or None
    return "", None


def _condition(chart: Object) -> str:
    """Give what helm-controller says of a chart that failed (``status.conditions``, Failed)."""
    conditions = dig(chart, "status", "conditions", default=())
    for condition in conditions if isinstance(conditions, Sequence) and not isinstance(conditions, str) else ():
        if isinstance(condition, Mapping) and (condition.get("type"), condition.get("status")) == ("Failed", "True"):
            return str(condition.get("message") or condition.get("reason") or "its job failed")
    return ""


def _trouble(live: Live) -> dict[str, str]:
    """Give by chart what the jobs that run helm for helm-controller say: it tries for ever, and tells nobody."""
    return {name: words for job in live.of("helm-jobs").objects for name, words in _failing(job)}


def _failing(job: Object) -> Iterator[tuple[str, str]]:
    failed, done = dig(job, "status", "failed", default=0), dig(job, "status", "succeeded", default=0)
    if isinstance(failed, int) and failed > 0 and not done:
        name = dig(job, "metadata", "labels", "helmcharts.helm.cattle.io/chart", default="")
        namespace, own = _name(job)
        yield str(name), f"job {namespace}/{own} has failed {failed} times"
