"""The policy pack. Its constructor serves until it is ended, so nothing else stands here."""

from __future__ import annotations

from dualstack_policies import policies
from pulumi_policy import PolicyPack

PolicyPack("dualstack", policies())
