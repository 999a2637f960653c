"""The policies: the rules over a program's resources, whoever wrote the program.

Plain functions over plain data, which import no Pulumi. ``policy/`` makes a policy pack of them for the engine;
``dualstack check --policies`` and ``dualstack plan`` run them over the recorded program.
"""

from __future__ import annotations

from dualstack.policies.catalogue import all_policies
from dualstack.policies.judge import Verdict, Violation, config_of, judge, recorded

__all__ = ["Verdict", "Violation", "all_policies", "config_of", "judge", "recorded"]
