"""The Pulumi CLI on any machine, and the environment in which it runs; imports no Pulumi."""

from __future__ import annotations

from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env, unwanted
from dualstack.engine.find import EngineMissing, built_engine, find_engine
from dualstack.engine.model import Engine, How, Report

__all__ = [
    "Engine",
    "EngineMissing",
    "How",
    "Report",
    "built_engine",
    "cached_build",
    "child_environment",
    "engine_env",
    "find_engine",
    "unwanted",
]
