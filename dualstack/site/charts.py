"""The Helm charts of the management cluster: versions, values, delivery."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dualstack.site.base import Bool, Model, SecretKey, Text, Values

Delivery = Literal["image", "pulumi"]
Day2 = Annotated[
    Literal["hand", "helmchartconfig"],
    # What `hand` was called: files that say so stay valid.
    BeforeValidator(lambda value: "hand" if value == "reimage" else value),
]


class ChartLogin(Model):
    """Login to a chart repository."""

    username: Text = Field(description="User name.")
    password_key: SecretKey = Field(description="Config key dualstack:<this> that holds the password.")


class Chart(Model):
    """Settings of one chart of the release."""

    enabled: Bool | None = Field(None, description="Whether the chart is part of the cluster; as the release has it.")
    version: Text | None = Field(None, description="Version, in place of the release's; always pinned.")
    repository: Text | None = Field(None, description="Repository URL, in place of the release's (own mirror).")
    login: ChartLogin | None = Field(None, description="Login to the repository.")
    delivery: Delivery | None = Field(None, description="Delivery of this chart, in place of the site's.")
    day2: Day2 | None = Field(None, description="What changed values of this chart take, in place of the site's day2.")
    handover: Bool = Field(
        False,
        description="For a chart that moves from the image to Pulumi: RKE2 lets its Helm release go, and Pulumi leaves "
        "that alone until this is taken out again.",
    )
    values: Values = Field({}, description="Helm values, merged last over the computed ones.")


class ExtraChart(Chart):
    """A chart that the release does not have."""

    name: Text = Field(description="Name of the chart and of the Helm release.")
    version: Text = Field(description="Version, pinned.")
    repository: Text = Field(description="Repository URL, http(s):// or oci://.")
    namespace: Text = Field(description="Namespace of the release; made where absent.")


class Charts(Model):
    """The charts by their name."""

    cert_manager: Chart = Field(Chart.model_construct(), description="cert-manager.", alias="cert-manager")
    metal3: Chart = Field(Chart.model_construct(), description="Metal3.")
    rancher: Chart = Field(Chart.model_construct(), description="Rancher.")
    storage: Chart = Field(Chart.model_construct(), description="Longhorn, which later releases name SUSE Storage.")
    neuvector: Chart = Field(Chart.model_construct(), description="NeuVector, with its CRDs.")
    turtles: Chart = Field(Chart.model_construct(), description="Rancher Turtles: the Cluster API providers.")
    extra: tuple[ExtraChart, ...] = Field((), description="Further charts.")
