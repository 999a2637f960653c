"""What decides between cases: delivery, kind of host, mode, backend and names of a site, read from its plain mapping.

The mapping may be one that breaks rules, or comes from another revision: what is missing or of another form counts as
its default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualstack.address.family import FAMILIES
from dualstack.releases import RELEASES
from dualstack.site.dns import BACKENDS, Keeper
from dualstack.site.host import HYPERVISORS


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> Sequence[Mapping[str, Any]]:
    return [_map(item) for item in value] if isinstance(value, list | tuple) else []


@dataclass(frozen=True, slots=True)
class Setting:
    """A site as the table sees it.

    Attributes:
        site: its name.
        source: its merged mapping.
    """

    site: str
    source: Mapping[str, Any]

    def _at(self, *path: str) -> Any:
        value: Any = self.source
        for step in path:
            value = _map(value).get(step)
        return value

    @property
    def mode(self) -> str:
        """``address`` or ``hostname``."""
        return str(self._at("mode") or "address")

    @property
    def keeper(self) -> Keeper:
        """Who holds the records; somebody else where the backend is none that there is."""
        backend = self._at("dns", "backend") or "existing"
        return next((keeper for name, keeper in BACKENDS.items() if name == backend), BACKENDS["existing"])

    @property
    def kind(self) -> str:
        """The kind of host."""
        return str(self._at("host", "kind") or "existing")

    @property
    def virtual(self) -> bool:
        """Whether up makes the host, a VM."""
        return self.kind in HYPERVISORS

    @property
    def built(self) -> bool:
        """Whether a changed image is a new disk: the deployment builds it, and the host boots from it."""
        return self.virtual and self._at("image", "build") == "local" and not self._at("host", self.kind, "image")

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(_items(self._at("nodes")))

    @property
    def names(self) -> Sequence[str]:
        """Names of the nodes."""
        return [str(one.get("name") or "mgmt-1") for one in _items(self._at("nodes"))]

    @property
    def bootstrap(self) -> str | None:
        """Name of the server that makes the cluster; None where the site does not say."""
        named = self._at("cluster", "bootstrap")
        return named if isinstance(named, str) else None

    def node(self, step: Any) -> Mapping[str, Any]:
        """Give a node by the step of a path, its index or its name, with the interfaces that all nodes share."""
        own = _named(_items(self._at("nodes")), step)
        shared = {str(one.get("name") or "eth0"): one for one in _items(self._at("nodeDefaults", "interfaces"))}
        interfaces = {str(one.get("name") or "eth0"): one for one in _items(own.get("interfaces"))}
        merged = [{**shared.get(name, {}), **interfaces.get(name, {})} for name in {**shared, **interfaces}]
        return {**_map(self._at("nodeDefaults")), **own, "interfaces": merged}

    def management(self, step: Any) -> str:
        """Give the name of a node's management interface: as stated, else the first with a gateway, or an address."""
        node = self.node(step)
        if isinstance(node.get("management"), str):
            return str(node["management"])
        interfaces = _items(node.get("interfaces"))
        for key in ("gateway", "address"):
            for one in interfaces:
                if any(_map(one.get(family)).get(key) for family in FAMILIES):
                    return str(one.get("name") or "eth0")
        return str(interfaces[0].get("name") or "eth0") if interfaces else "eth0"

    def interface(self, node: Any, step: Any) -> str:
        """Give the name of an interface by the step of a path."""
        return str(_named(_items(self.node(node)["interfaces"]), step).get("name") or "eth0")

    def extra_name(self, step: Any) -> str:
        """Give the name of one of ``charts.extra`` by the step of a path."""
        return str(_named(_items(self._at("charts", "extra")), step).get("name") or step)

    def delivery(self, chart: str) -> str:
        """Tell how a chart's values reach the cluster: ``image``, ``sent``, ``pulumi``, ``handover`` or ``off``."""
        own = self._chart(chart)
        if own.get("enabled") is False:
            return "off"
        if self.delivery_of(chart) == "pulumi":
            return "handover" if own.get("handover") is True else "pulumi"
        return "sent" if (own.get("day2") or self._at("day2")) == "helmchartconfig" else "image"

    def delivery_of(self, chart: str) -> str:
        """Give a chart's delivery, whether it is enabled or not: its own, else the site's."""
        return str(self._chart(chart).get("delivery") or self._at("delivery") or "image")

    def _chart(self, key: str) -> Mapping[str, Any]:
        extra = [one for one in _items(self._at("charts", "extra")) if one.get("name") == key]
        return extra[0] if extra else _map(self._at("charts", key))

    def chart_of(self, release: str) -> str:
        """Give the key in ``charts`` of a Helm release, or its own name for one of ``charts.extra``."""
        known = RELEASES.get(str(self._at("release") or RELEASES.default))
        return next((item.key for item in (known.charts if known else ()) if item.name == release), release)

    def release_of(self, chart: str) -> tuple[str, str]:
        """Give name and namespace of a chart's Helm release."""
        release = RELEASES.get(str(self._at("release") or RELEASES.default))
        for item in release.charts if release else ():
            if item.key == chart and not item.name.endswith("-crd"):
                return item.name, item.namespace
        return chart, str(self._chart(chart).get("namespace") or "NAMESPACE")


def _named(items: Sequence[Mapping[str, Any]], step: Any) -> Mapping[str, Any]:
    if isinstance(step, int):
        return items[step] if 0 <= step < len(items) else {}
    return next((one for one in items if one.get("name") == step), {})
