"""Names that resources had before they were named after their component: no stack makes them anew."""

from __future__ import annotations

from typing import Final

import pulumi

_PROVIDER: Final = "pulumi:providers:"
_ACCESS: Final = "dualstack:index:ManagementAccess"


def with_former_urn(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Add the former URN of what stood on top of the program; for the resource option ``transformations``.

    Up to version 0.1 a provider was named after its package.

    Not in the components: another program may have a provider of the same name.
    """
    if args.type_.startswith(_PROVIDER):
        name = args.type_.removeprefix(_PROVIDER)
    elif args.type_ == _ACCESS:
        name = "management-access"
    else:
        return None
    alias = pulumi.Alias(name=name, parent=pulumi.ROOT_STACK_RESOURCE)
    options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=[alias]))
    return pulumi.ResourceTransformationResult(args.props, options)
