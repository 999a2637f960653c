"""The components for programs in any language, and the resource types that they are made of, in one plugin."""

from __future__ import annotations

import grpc.aio  # type: ignore[import-untyped]
import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError, ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2

from components.charts import ManagementCharts
from components.cluster import ManagementCluster
from dualstack import __version__
from provider.frame.servicer import Servicer

COMPONENTS: list[type[pulumi.ComponentResource]] = [ManagementCluster, ManagementCharts]


class Components(ComponentProvider):
    """What makes the schema of the components' annotations, and a component of a call."""

    def __init__(self) -> None:
        super().__init__(COMPONENTS, "dualstack", version=__version__)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component; what is wrong with its arguments is told without a traceback."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, pulumi.RunError):
                raise error.inner from None
            raise


class PluginServicer(Servicer):
    """The provider's calls, and those about components.

    One plugin, not two: a component's children are of types of the same package, and the engine asks the plugin of that
    package for them.
    """

    def __init__(self, args: list[str], engine_address: str) -> None:
        super().__init__(args, engine_address)
        self._components = Components()
        self._host = ProviderServicer(self._components, args, engine_address)

    async def GetSchema(
        self, request: proto.GetSchemaRequest, context: grpc.aio.ServicerContext
    ) -> proto.GetSchemaResponse:
        """Give the components' schema."""
        return await self._host.GetSchema(request, context)

    async def Configure(
        self, request: proto.ConfigureRequest, context: grpc.aio.ServicerContext
    ) -> proto.ConfigureResponse:
        """Ask also for Outputs as such: a secret in a map else makes a secret of the whole map."""
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptOutputs=True)

    async def Construct(
        self, request: proto.ConstructRequest, context: grpc.aio.ServicerContext
    ) -> proto.ConstructResponse:
        """Make a component."""
        try:
            return await self._host.Construct(request, context)
        except pulumi.RunError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            raise
