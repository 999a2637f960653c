"""Rules about secrets in clear text, and about secrets that the site names and nobody has set."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove
from dualstack.document.frozen import Secret
from dualstack.document.hiding import names_a_secret
from dualstack.document.logins import split_login
from dualstack.document.origins import Path
from dualstack.plan.access import KUBECONFIG_KEY
from dualstack.plan.charts import BOOTSTRAP_KEY
from dualstack.plan.proxy import proxy_urls
from dualstack.plan.server import TOKEN_KEY
from dualstack.rules.base import Subject
from dualstack.rules.blame import every_key
from dualstack.rules.host.host_access import logins
from dualstack.site import Site

PASSWORD = Rule(
    "DS101-password-in-clear",
    "Rancher's bootstrap password and RKE2's tokens must not stand in the site.",
    Severity.ERROR,
    "Whoever can read the repository can log in to Rancher, or join a node to the cluster.",
    "dualstack's own; the SUSE Telco Cloud guide's example has bootstrapPassword in clear",
)
SECRET_LIKE = Rule(
    "DS102-secret-in-clear",
    "A value that looks like a secret must not stand in the site.",
    Severity.WARNING,
    "Whoever can read the repository, the state or the image can use it.",
    "dualstack's own",
)
NOT_SET = Rule(
    "DS105-secret-not-set",
    "It must be known which secrets the site names and the stack does not have.",
    Severity.INFO,
    "What needs the secret does without it.",
    "dualstack's own",
)
NOT_ENCRYPTED = Rule(
    "DS130-secret-not-encrypted",
    "A config key that holds a secret must be encrypted.",
    Severity.ERROR,
    "Whoever can read the repository has the secret, and so has the state's every reader.",
    "pulumi config set without --secret",
    firm=True,
)

RULES = (PASSWORD, SECRET_LIKE, NOT_SET, NOT_ENCRYPTED)

_TOKEN_KEYS = ("token", "agent-token", "etcd-s3-secret-key", "etcd-s3-access-key", "etcd-s3-session-token")
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_ARGUMENT = re.compile(r"-{0,2}(?P<key>[A-Za-z][A-Za-z0-9_.-]*)=(?P<value>.+)", re.DOTALL)


def clear_secret(value: At[str], key: str) -> Findings:
    """Tell where a value's key says that it is a secret; the value itself is never shown."""
    if value.value and (names_a_secret(key) or _PRIVATE.search(value.value)):
        fix = remove(", keep it in a Kubernetes Secret, and give the chart that Secret's name")
        yield SECRET_LIKE.at(value.path, f"{key} stands here in clear text", fix)


def check_overrides(subject: Subject) -> Findings:
    """Look for secrets among the site's own chart values and server keys."""
    site = subject.site
    for path, values in _free_values(site):
        for tail, value in every_key(values):
            keys = [str(step) for step in tail if isinstance(step, str)]
            if not isinstance(value, str) or not value or not keys:
                continue
            here: Path = (*path, *tail)
            yield from clear_login(At(here, value))
            if isinstance(tail[-1], int) or keys[-1].endswith("-arg"):
                yield from clear_argument(At(here, value))
            if here == ("charts", "rancher", "values", "bootstrapPassword"):
                fix = remove(f", and run: dualstack secret set {subject.plan.name} {BOOTSTRAP_KEY}")
                yield PASSWORD.at(here, "Rancher's bootstrap password stands here in clear text", fix)
            elif path[0] == "cluster" and keys[0] in _TOKEN_KEYS:
                fix = remove(": RKE2 makes a token up") if "token" in keys[0] else remove()
                if path[-1] == "agent" or len(site.nodes) > 1:
                    fix = remove(f", and run: dualstack secret set {subject.plan.name} {TOKEN_KEY}")
                yield PASSWORD.at(here, f"{keys[0]} stands here in clear text", fix)
            else:
                told = clear_secret(At(here, value), _variable(values, tail) or keys[-1])
                elsewhere = remove(", and set it on the node, in a file that no repository has")
                yield from (item.with_fix(elsewhere) if path[0] == "nodes" else item for item in told)


def _variable(values: object, tail: Path) -> str:
    """Return the name of a variable beside whose name a value stands, as in a container's ``env``; else nothing."""
    if tail[-1] != "value":
        return ""
    beside: Any = values
    for step in tail[:-1]:
        beside = beside[step]
    name = beside.get("name")
    return name if isinstance(name, str) else ""


def clear_argument(item: At[str]) -> Findings:
    """Tell where an item of a list is ``key=value`` with a key that says secret, as in ``kube-apiserver-arg``."""
    match = _ARGUMENT.fullmatch(item.value)
    if match and names_a_secret(match["key"]):
        fix = remove(", and give the component a file on the node that holds the value")
        yield SECRET_LIKE.at(item.path, f"{match['key']} stands here in clear text", fix)


def clear_login(url: At[str], *, schemeless: bool = False, instead: str = "") -> Findings:
    """Tell a password in a URL; the login itself is never shown.

    Args:
        url: the URL, or any other text.
        schemeless: see ``split_login``.
        instead: where the login belongs.
    """
    login = split_login(url.value.strip(), schemeless=schemeless)
    if login.password:
        words = f"; {instead}" if instead else ""
        yield SECRET_LIKE.at(url.path, "a password stands here in clear text", f"write {login.bare}{words}")


def clear_config(names: Sequence[At[str]], secrets: Collection[str] = (), stack: str = "") -> Findings:
    """Tell which plain config keys beside the site hold what should be a secret.

    Args:
        names: names of the plain keys without ``dualstack:``, each with its path in the stack file.
        secrets: names that the site gives its secrets, see ``secret_names``; those that sound like one count anyway.
        stack: the stack, for the fix.
    """
    for item in names:
        if item.value in secrets or item.value == BOOTSTRAP_KEY or names_a_secret(item.value):
            fix = f"run: dualstack secret set {stack or 'SITE'} {item.value}, and change the secret itself"
            yield NOT_ENCRYPTED.at(item.path, f"dualstack:{item.value} stands in the stack file in clear text", fix)


def secret_names(subject: Subject) -> frozenset[str]:
    """Return the config keys that the site takes its secrets from."""
    return frozenset({BOOTSTRAP_KEY, *(key for _, key, _ in _named(subject))})


def _free_values(site: Site) -> Iterator[tuple[Path, object]]:
    for field, info in type(site.charts).model_fields.items():
        if field != "extra":
            key = info.alias or field
            yield ("charts", key, "values"), getattr(site.charts, field).values
    for index, extra in enumerate(site.charts.extra):
        yield ("charts", "extra", index, "values"), extra.values
    yield ("cluster", "server"), site.cluster.server
    yield ("cluster", "agent"), site.cluster.agent
    for place, node in enumerate(site.nodes):
        yield ("nodes", place, "nmstate"), node.nmstate


_PROXY = "keep the whole URL as a secret that image.proxy.httpKey or httpsKey names, or let the proxy know the node"
_BMC = "the login belongs into the Secret that the BareMetalHost names"
_REGISTRY = "name the user, and the password's config key, in the fields for it"


def _texts(value: object, path: Path = ()) -> Iterator[At[str]]:
    """Give every text of a site's own fields, with its path; free values are looked through elsewhere."""
    if isinstance(value, str):
        yield At(path, value)
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            if name in value.model_fields_set:
                yield from _texts(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def clear_logins(site: Site) -> frozenset[str]:
    """Return every login with a password that stands in a URL of the site, for leaving it out of what is shown."""
    texts = [(item.value, item.path[-1] in ("address", "uri", "systemDefaultRegistry")) for item in _texts(site)]
    texts += [
        (value, False) for _, values in _free_values(site) for _, value in every_key(values) if isinstance(value, str)
    ]
    found = [split_login(text.strip(), schemeless=schemeless) for text, schemeless in texts]
    return frozenset(login.text for login in found if login.password)


def check_urls(subject: Subject) -> Findings:
    """Look for a login in the URLs of the site."""
    for item in _texts(subject.site):
        if item.path[:2] == ("image", "kernelArgs"):
            yield from clear_argument(item)
        bmc = item.path[:2] == ("provisioning", "bmcs") and item.path[-1] == "address"
        instead = _BMC if bmc else _PROXY if item.path[:2] == ("image", "proxy") else ""
        registry = item.path[-1] in ("repository", "uri", "systemDefaultRegistry")
        yield from clear_login(item, schemeless=bmc or registry, instead=_REGISTRY if registry else instead)


def _named(subject: Subject) -> Iterator[tuple[Path, str, str]]:
    """Give path, name and consequence of every secret that the site names."""
    site = subject.site
    for chart in subject.plan.charts:
        if chart.repository.password_key is not None:
            follows = f"eib build cannot pull the chart {chart.chart} and its images."
            yield (*chart.path, "login", "passwordKey"), chart.repository.password_key, follows
    for index, registry in enumerate(site.image.registries):
        follows = f"The image builder has no login to {registry.uri}."
        yield ("image", "registries", index, "passwordKey"), registry.password_key, follows
    if (code := site.image.packages.scc_registration_code_key) is not None:
        follows = "The image builder finds no packages in SUSE's repositories."
        yield ("image", "packages", "sccRegistrationCodeKey"), code, follows
    for item in proxy_urls(site):
        if isinstance(item.url, Secret):
            yield item.path, item.url.key, "Neither the node nor RKE2 nor Rancher has a proxy."
    for index, zone in enumerate(site.dns.zones):
        if zone.key is not None and site.dns.keeper.zones:
            follows = "The DNS server refuses the updates."
            yield ("dns", "zones", index, "key", "secretKey"), zone.key.secret_key, follows
    if subject.plan.uses_cluster and site.host.kubeconfig.source == "config":
        follows = "Pulumi has no way to the cluster: up stops once the host is ready."
        yield ("host", "kubeconfig"), KUBECONFIG_KEY, follows
    for path, login, what in logins(subject):
        if login.private_key_key is not None:
            yield (*path, "privateKeyKey"), login.private_key_key, f"There is no login to {what}."


def check_set(subject: Subject) -> Findings:
    """Tell which secrets are named, or would be taken, and are not there."""
    missing: dict[str, list[tuple[Path, str]]] = {}
    for path, key, follows in _named(subject):
        if key not in subject.plan.secrets:
            missing.setdefault(key, []).append((path, follows))
    for key, places in missing.items():
        fix = f"run: dualstack secret set {subject.plan.name} {key}"
        also = f", which {len(places)} fields name" if len(places) > 1 else ""
        told = " ".join(dict.fromkeys(follows for _, follows in places))
        yield NOT_SET.at(places[0][0], f"the stack has no secret dualstack:{key}{also}", fix, consequence=told)
    if subject.plan.chart("rancher") is not None and BOOTSTRAP_KEY not in subject.plan.secrets:
        fix = f"run: dualstack secret set {subject.plan.name} {BOOTSTRAP_KEY}, or leave it"
        follows = "Rancher makes a bootstrap password up, in the secret cattle-system/bootstrap-secret."
        yield NOT_SET.at(("rancher",), f"the stack has no secret dualstack:{BOOTSTRAP_KEY}", fix, consequence=follows)


CHECKS = (check_overrides, check_urls, check_set)
