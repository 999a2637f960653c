"""The site model: everything that a person writes, typed and described.

The mapping of ``dualstack:site`` goes in, layers already merged; ``Site.model_validate`` is the one door. Values that
mean something but break a rule are kept, so that all rules can be told at once.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Strict, field_validator
from pydantic_core import PydanticCustomError

from dualstack.document.findings import Severity
from dualstack.document.fixes import write
from dualstack.releases import RELEASES
from dualstack.site.base import Model, Text
from dualstack.site.charts import Charts, Day2, Delivery
from dualstack.site.cluster import Cluster
from dualstack.site.dns import Dns
from dualstack.site.host import Host
from dualstack.site.image import Image
from dualstack.site.network import Node, NodeDefaults
from dualstack.site.provisioning import Provisioning, Rancher

Mode = Literal["address", "hostname"]


def _known(name: str) -> str:
    if name not in RELEASES:
        known = ", ".join(RELEASES.versions)
        raise PydanticCustomError(
            "release",
            "{message}",
            {
                "message": f"there is no release {name!r} in the catalogue; it has {known}",
                "fix": f"choose one of {', '.join(RELEASES.names)}",
            },
        )
    return name


def _in_schema(schema: dict[str, Any]) -> None:
    schema |= {"enum": list(RELEASES.names), "default": RELEASES.default}


ReleaseName = Annotated[str, Strict(), AfterValidator(_known)]


class RuleOverride(Model):
    """A rule whose severity the site lowers, and why."""

    severity: Literal["error", "warning", "info"] = Field(description="Severity in place of the rule's own.")
    because: Text = Field(description="The reason, shown beside every finding of the rule.")

    @property
    def level(self) -> Severity:
        """The severity as the findings have it."""
        return Severity(self.severity)


class Site(Model):
    """One site: a dual-stack management cluster."""

    # The schema's number, so that a later dualstack can tell what an older file meant.
    schema_version: Literal[1] = Field(1, alias="schema", description="Version of this file's form.")
    release: ReleaseName = Field(
        default_factory=lambda: RELEASES.default,
        description="SUSE Telco Cloud release; pins charts, RKE2 and the image builder. With a patch (X.Y.Z) it stays "
        "at that; without, its patch changes with a version of dualstack only.",
        json_schema_extra=_in_schema,
    )
    mode: Mode = Field(
        description="address: Ironic is known by its IPv4 address. hostname: by an FQDN with A and AAAA records."
    )
    realm: Text | None = Field(
        None,
        description="Where the site's private addresses mean something: isolated sites may repeat those of another "
        "realm. MACs, public addresses and names belong to one site of the project whatever its realm.",
    )
    nodes: tuple[Node, ...] = Field(description="The nodes: one, or servers and agents.", min_length=1)
    node_defaults: NodeDefaults = Field(
        NodeDefaults.model_construct(), description="What every node has, unless it says otherwise itself."
    )
    dns: Dns = Field(description="DNS.")
    cluster: Cluster = Field(Cluster.model_construct(), description="RKE2 and its CIDRs.")
    provisioning: Provisioning = Field(Provisioning.model_construct(), description="Metal3 and Ironic.")
    rancher: Rancher = Field(Rancher.model_construct(), description="Rancher.")
    host: Host = Field(Host.model_construct(), description="The management host.")
    image: Image = Field(Image.model_construct(), description="The EIB image.")
    delivery: Delivery = Field(
        "image", description="image: charts are built into the image. pulumi: Helm releases on the living cluster."
    )
    day2: Day2 = Field(
        "hand",
        description="What a changed value of a chart in the image takes. hand: somebody edits the HelmChart on the "
        "cluster. helmchartconfig: Pulumi sends the values to the living cluster, too, as RKE2's HelmChartConfig.",
    )
    kubernetes_version: Text | None = Field(None, description="RKE2 version, in place of the release's; pinned.")
    charts: Charts = Field(Charts.model_construct(), description="Charts.")
    manifests: tuple[Text, ...] = Field(
        (), description="Manifests applied at first start: paths relative to the project, or http(s) URLs."
    )
    rules: dict[Text, RuleOverride] = Field({}, description="Rules whose severity this site lowers, by id.")

    @field_validator("release", mode="before")
    @classmethod
    def _quoted(cls, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            names = ", ".join(f'"{name}"' for name in RELEASES)
            fix = write(str(value)) if str(value) in RELEASES else f"write one of {names}"
            raise PydanticCustomError(
                "unquoted", "{message}", {"message": f"{value} is a number, a release is text", "fix": fix}
            )
        return value
