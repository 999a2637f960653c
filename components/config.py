"""The stack's config as a component's arguments: what a program passes, a stack file has."""

from __future__ import annotations

import functools
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config

from components.cluster import ManagementClusterArgs
from components.site import CheckedSite, checked_plan, project_folder
from dualstack.errors import InputError
from dualstack.plan.access import KUBECONFIG_KEY
from dualstack.plan.server import TOKEN_KEY
from dualstack.stack.layers import resolve_mapping

NAMESPACE = "dualstack"
SITE = "site"


def stack_args() -> ManagementClusterArgs:
    """Check the site of this stack, and give it as arguments; warnings go to the engine's log.

    Raises:
        pulumi.RunError: the site cannot be read, or it has errors; the text names them all.
    """
    stack, config = pulumi.get_stack(), pulumi.Config(NAMESPACE)
    mapping: dict[str, Any] = config.require_object(SITE)
    plain, secrets = _keys()
    try:
        resolved = resolve_mapping(project_folder(), mapping, secrets, plain, file=f"{NAMESPACE}:{SITE}")
    except InputError as error:
        raise pulumi.RunError(str(error)) from error
    site = CheckedSite(mapping, checked_plan(stack, resolved), functools.partial(_give, stack))
    # Also what stands in clear: a rule says so, and its severity is the site's to choose.
    given: dict[str, pulumi.Input[str]] = {
        key: config.require_secret(key) for key in sorted({*plain, *secrets} - {SITE})
    }
    return {"name": stack, "site": site, "secrets": given}


def _keys() -> tuple[dict[str, str], set[str]]:
    """Give the plain keys of our namespace beside the site, with their values, and the names of the secret ones."""
    plain: dict[str, str] = {}
    secrets: set[str] = set()
    # The SDK has no call that lists the keys. Both places, as its own lookup of one key does: what the language host
    # set, and the variable of the process.
    known_secrets = set(runtime_config.get_config_secret_keys_env())
    for key, value in {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE:
            continue
        if runtime_config.is_config_secret(key) or key in known_secrets:
            secrets.add(name)
        elif name != SITE:
            plain[name] = value
    return plain, secrets


def _give(stack: str, key: str) -> str:
    value = {KUBECONFIG_KEY: " @rke2.yaml", TOKEN_KEY: " --generate"}.get(key, "")
    return f"run: dualstack secret set {stack} {key}{value}"
