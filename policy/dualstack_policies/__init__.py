"""dualstack's policies for the engine: ``policies()`` is what a policy pack takes.

The policies themselves are plain functions in ``dualstack.policies``, of which the ``dualstack`` command makes use
without an engine; this package only carries values to and fro.
"""

from __future__ import annotations

from dualstack_policies.adapter import policies
from dualstack_policies.memory import Memory

__all__ = ["Memory", "policies"]
