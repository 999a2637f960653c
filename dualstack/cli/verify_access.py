"""The way to the cluster for ``verify``: a file, the stack's own secret, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dualstack.check.checked import Checked
from dualstack.document.findings import Severity
from dualstack.errors import InputError, quoted
from dualstack.kubeconfig import KubeconfigError
from dualstack.plan.access import KUBECONFIG_KEY
from dualstack.verify.cluster.access import Access, from_file, read_access
from dualstack.verify.cluster.checks import Cluster
from dualstack.verify.cluster.view import Place
from dualstack.verify.model import Kind, Result

_OTHER: Final = "take one with certificate-authority-data and a certificate or token, such as RKE2's rke2.yaml"


def cluster_of(checked: Checked, kubeconfig: Path | None, secrets: Mapping[str, str]) -> Cluster:
    """Give a site's cluster; one that cannot be reached says so in its only check.

    Args:
        checked: the site.
        kubeconfig: the way to it; None for the stack's own.
        secrets: that are at hand, by config key.

    Raises:
        InputError: the file cannot be read, or is no kubeconfig that says how to log in: who names one wants the
            cluster to be looked at.
    """
    place = Place(Kind.CLUSTER, "kubeconfig", "login")
    # What check tells of the site, and lets it live with, is no news here.
    accepted = frozenset(one.rule.id for one in checked.findings if one.severity is not Severity.ERROR)
    if kubeconfig is not None:
        return Cluster(_read(kubeconfig), checked.plan, accepted)
    held = secrets.get(KUBECONFIG_KEY)
    if held is None:
        return Cluster(_none(checked, place), checked.plan, accepted)
    try:
        return Cluster(read_access(held), checked.plan, accepted)
    except KubeconfigError as error:
        return Cluster(place.unknown(f"the kubeconfig: {error}", error.fix or _OTHER), checked.plan, accepted)


def _read(kubeconfig: Path) -> Access:
    try:
        return from_file(kubeconfig)
    except KubeconfigError as error:
        raise InputError(f"the kubeconfig: {error}", file=str(kubeconfig), fix=error.fix or _OTHER) from None


def _none(checked: Checked, place: Place) -> Result:
    known = checked.plan is not None and KUBECONFIG_KEY in checked.plan.secrets
    ways = "--with-secrets, or --kubeconfig FILE" if known else "--kubeconfig FILE (a server's rke2.yaml, readdressed)"
    return place.unknown("nothing in the cluster was looked at: no kubeconfig is at hand", f"add {ways}")


def any_cluster(kubeconfig: Path) -> tuple[str, Cluster]:
    """Give a cluster of which there is no site, and its server's host.

    Raises:
        InputError: the file cannot be read, or is no kubeconfig that says how to log in.
    """
    access = _read(kubeconfig)
    return access.host, Cluster(access, None, frozenset())


def print_role(which: str) -> None:
    """Print the role that reading a cluster takes.

    Raises:
        InputError: there is no such role.
    """
    from dualstack.verify.cluster.rbac import manifest

    if which not in ("plain", "full"):
        raise InputError(f"--rbac {quoted(which)} is no role", fix="write --rbac, or --rbac=full with Helm's records")
    print(manifest(secrets=which == "full"), end="")
