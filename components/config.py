"""From the engine's config to the plan: the same door as the command's, with errors told as findings."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pulumi
from pulumi.runtime import config as runtime_config

from dualstack.check import check_site
from dualstack.errors import InputError
from dualstack.findings import Finding, Severity
from dualstack.layers import Resolved, resolve_mapping
from dualstack.origins import format_path
from dualstack.plan import Plan

NAMESPACE = "dualstack"
SITE = "site"

SecretReader = Callable[[str], pulumi.Output[str] | None]
"""Gives the secret config key of a name, or None where the stack has no such key."""


def load_plan() -> Plan:
    """Check the site of this stack and compute its plan; warnings go to the engine's log.

    Raises:
        pulumi.RunError: the site cannot be read, or it has errors; the text names them all.
    """
    name = pulumi.get_stack()
    try:
        checked = check_site(name, _resolved())
    except InputError as error:
        raise pulumi.RunError(str(error)) from error
    errors = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    for finding in checked.findings:
        if finding.severity is Severity.WARNING:
            pulumi.log.warn(_line(finding))
    if errors or checked.plan is None:
        told = [f"the site {name} has {len(errors)} error{'' if len(errors) == 1 else 's'}, so nothing was started:"]
        told += [f"  {_line(finding)}\n    {finding.consequence}" for finding in errors]
        raise pulumi.RunError("\n".join(told))
    return checked.plan


def read_secret(key: str) -> pulumi.Output[str] | None:
    """Give ``dualstack:<key>``, always as a secret; None where the stack has no such key."""
    return pulumi.Config(NAMESPACE).get_secret(key)


def project_folder() -> pathlib.Path:
    """Give the folder of Pulumi.yaml; an older language host does not tell it, but starts programs there."""
    return pathlib.Path(pulumi.get_root_directory() or ".").absolute()


def _resolved() -> Resolved:
    mapping = pulumi.Config(NAMESPACE).require_object(SITE)
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
    return resolve_mapping(project_folder(), mapping, secrets, plain, file=f"{NAMESPACE}:{SITE}")


def _line(finding: Finding) -> str:
    place = "" if finding.file is None else f"{finding.file}:{finding.line}: "
    because = f" (severity set by the site: {finding.because})" if finding.because else ""
    return f"{place}{format_path(finding.path)}: {finding.message}; {finding.fix} [{finding.rule.id}]{because}"
