"""dualstack's policies for the engine: ``policies()`` is what a policy pack takes.

The policies themselves are plain functions in ``dualstack.policies``, of which the ``dualstack`` command makes use
without an engine; this package only carries values to and fro.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("dualstack") is None:
    # In a clone the core stands beside the pack. Last, so that no folder of the clone takes a package's place.
    _clone = Path(__file__).resolve().parents[2]
    if not (_clone / "dualstack" / "policies").is_dir():
        sys.exit("This pack has no core in it: `dualstack policies export DIR`, in a clone, writes one that has.")
    sys.path.append(str(_clone))

from dualstack_policies.adapter import policies
from dualstack_policies.memory import Memory

__all__ = ["Memory", "policies"]
