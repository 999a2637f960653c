"""Records that others keep: each resolver is asked for them."""

from __future__ import annotations

import os
from typing import Any

import pulumi

from components.dns import ManagementDns, ManagementDnsArgs, forward
from dualstack.plan import Plan
from dualstack.stack.project import ONLINE_VARIABLE
from provider.resources import Answers


def ask(parent: ManagementDns, name: str, args: ManagementDnsArgs) -> None:
    """Check what others answer: at update by a resource, at preview, where that may go online, by a warning."""
    online = pulumi.runtime.is_dry_run() and os.environ.get(ONLINE_VARIABLE) == "1"
    for host in forward(args.plan):
        inputs = asked(args.plan, host)
        Answers(f"{name}-{host}", **inputs, opts=pulumi.ResourceOptions(parent=parent))
        if online:
            from provider.dns.answers import warnings

            for line in warnings(inputs):
                pulumi.log.warn(line, parent)


def asked(plan: Plan, host: str) -> dict[str, Any]:
    """Give what is asked for a name and what is planned for it, as the properties of ``Answers``."""
    dns = plan.site.dns
    both = forward(plan)[host]
    return {
        "record": host,
        "ipv4": [record.value for record in both if record.type == "A"],
        "ipv6": [record.value for record in both if record.type == "AAAA"],
        "ttl": both[0].ttl,
        "pointers": [record.name for record in plan.dns if record.type == "PTR" and record.value == host],
        "resolvers": [str(resolver) for resolver in dns.check.resolvers or dns.resolvers],
        "port": dns.check.port,
        "timeout": dns.check.timeout,
    }
