"""Rules about secrets in clear text, and about secrets that the site names and nobody has set."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from dualstack.findings import At, Findings, Rule, Severity
from dualstack.origins import Path
from dualstack.plan.charts import BOOTSTRAP_KEY
from dualstack.rules.base import Subject
from dualstack.rules.overrides import every_key, names_a_secret
from dualstack.site import Site

PASSWORD = Rule(
    "DS101-password-in-clear",
    "Rancher's bootstrap password and RKE2's tokens must not stand in the site.",
    Severity.ERROR,
    "Whoever can read the repository can log in to Rancher, or join a node to the cluster.",
    "domain facts section 11; peer rule 126",
)
SECRET_LIKE = Rule(
    "DS102-secret-in-clear",
    "A value that looks like a secret must not stand in the site.",
    Severity.WARNING,
    "Whoever can read the repository, the state or the image can use it.",
    "peer rule 126",
)
NOT_SET = Rule(
    "DS105-secret-not-set",
    "It must be known which secrets the site names and the stack does not have.",
    Severity.INFO,
    "What needs the secret does without it.",
    "design, the site file",
)

RULES = (PASSWORD, SECRET_LIKE, NOT_SET)

_TOKEN_KEYS = ("token", "agent-token", "etcd-s3-secret-key", "etcd-s3-access-key")


def clear_secret(value: At[str], key: str) -> Findings:
    """Tell where a value's key says that it is a secret; the value itself is never shown."""
    if value.value and names_a_secret(key):
        fix = "remove it, keep it in a Kubernetes Secret, and give the chart that Secret's name"
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
            if here == ("charts", "rancher", "values", "bootstrapPassword"):
                fix = f"remove it, and run: pulumi config set --secret dualstack:{BOOTSTRAP_KEY}"
                yield PASSWORD.at(here, "Rancher's bootstrap password stands here in clear text", fix)
            elif path == ("cluster", "server") and keys[0] in _TOKEN_KEYS:
                fix = "remove it: RKE2 makes a token up" if "token" in keys[0] else "remove it"
                yield PASSWORD.at(here, f"{keys[0]} stands here in clear text", fix)
            else:
                yield from clear_secret(At(here, value), keys[-1])


def _free_values(site: Site) -> Iterator[tuple[Path, object]]:
    for field, info in type(site.charts).model_fields.items():
        if field != "extra":
            key = info.alias or field
            yield ("charts", key, "values"), getattr(site.charts, field).values
    for index, extra in enumerate(site.charts.extra):
        yield ("charts", "extra", index, "values"), extra.values
    yield ("cluster", "server"), site.cluster.server


def check_proxy(subject: Subject) -> Findings:
    """Look for a login in the proxy's URL."""
    proxy = subject.site.image.proxy
    for key, url in (("http", proxy.http), ("https", proxy.https)) if proxy else ():
        try:
            password = urlsplit(url or "").password
        except ValueError:
            continue
        if password:
            fix = "write the URL without a login, and let the proxy know the node by its address"
            yield SECRET_LIKE.at(("image", "proxy", key), "the proxy's password stands here in clear text", fix)


def _named(subject: Subject) -> Iterator[tuple[Path, str, str]]:
    """Give path, name and consequence of every secret that the site names."""
    site = subject.site
    for chart in subject.plan.charts:
        if chart.repository.password_key is not None:
            follows = f"Nobody can fetch the chart {chart.chart} and its images."
            yield (*chart.path, "login", "passwordKey"), chart.repository.password_key, follows
    for index, registry in enumerate(site.image.registries):
        follows = f"The image builder has no login to {registry.uri}."
        yield ("image", "registries", index, "passwordKey"), registry.password_key, follows
    if (code := site.image.packages.scc_registration_code_key) is not None:
        follows = "The image builder finds no packages in SUSE's repositories."
        yield ("image", "packages", "sccRegistrationCodeKey"), code, follows
    for index, zone in enumerate(site.dns.zones):
        if zone.key is not None and site.dns.backend == "rfc2136":
            follows = "The DNS server refuses the updates."
            yield ("dns", "zones", index, "key", "secretKey"), zone.key.secret_key, follows


def check_set(subject: Subject) -> Findings:
    """Tell which secrets are named, or would be taken, and are not there."""
    missing: dict[str, list[tuple[Path, str]]] = {}
    for path, key, follows in _named(subject):
        if key not in subject.plan.secrets:
            missing.setdefault(key, []).append((path, follows))
    for key, places in missing.items():
        fix = f"run: pulumi config set --secret dualstack:{key}"
        also = f", which {len(places)} fields name" if len(places) > 1 else ""
        told = " ".join(dict.fromkeys(follows for _, follows in places))
        yield NOT_SET.at(places[0][0], f"the stack has no secret dualstack:{key}{also}", fix, consequence=told)
    if subject.plan.chart("rancher") is not None and BOOTSTRAP_KEY not in subject.plan.secrets:
        fix = f"run: pulumi config set --secret dualstack:{BOOTSTRAP_KEY}, or leave it"
        follows = "Rancher makes a bootstrap password up, in the secret cattle-system/bootstrap-secret."
        yield NOT_SET.at(("rancher",), f"the stack has no secret dualstack:{BOOTSTRAP_KEY}", fix, consequence=follows)


CHECKS = (check_overrides, check_proxy, check_set)
