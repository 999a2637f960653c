"""The Rancher chart's values: a host name that resolves, and a bootstrap password that nobody guesses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.address.family import FAMILIES, VERSION, Family
from dualstack.address.parsing import Address
from dualstack.address.sslip import sslip_ipv4, sslip_ipv6, under_sslip
from dualstack.document.findings import At
from dualstack.policies import declare
from dualstack.policies.charts import TYPES, Chart, charts_of
from dualstack.policies.declare import Settings, list_of_texts, policy
from dualstack.policies.hosts import host_addresses
from dualstack.policies.model import Check, Given, NotYet, Told, View
from dualstack.rules.name import names as name_rules
from dualstack.rules.name import rancher_name
from dualstack.rules.name.names import dns_name
from dualstack.rules.name.rancher_name import UNRESOLVABLE, WRONG_ADDRESS, sslip_name
from dualstack.rules.program import program_resources
from dualstack.rules.program.program_resources import LEAST_PASSWORD, bootstrap_password

_FIX: Final = "write a name that your DNS answers with A and AAAA, or one of sslip.io that holds both addresses"


def _rancher(given: Given) -> Iterator[Chart]:
    return (chart for chart in charts_of(given) if chart.chart == "rancher")


def _hostname(given: Given, _view: View) -> Told:
    for chart in _rancher(given):
        name = At((*chart.path, "hostname"), chart.text("hostname"))
        if not name.value:
            yield UNRESOLVABLE.at(name.path, "Rancher has an empty host name", _FIX)
        elif under_sslip(name.value):
            yield from sslip_name(name, (None, None), _FIX)
        else:
            yield from dns_name(name, 2)


def _addresses(given: Given, view: View) -> Told:
    """Compare the addresses in a sslip.io name with those of the stack's hosts."""
    for chart in _rancher(given):
        name = At((*chart.path, "hostname"), chart.text("hostname"))
        if not under_sslip(name.value):
            continue
        hosts = host_addresses(view.others, view)
        own: dict[Family, Address | None] = {"ipv4": None, "ipv6": None}
        for family, answer in zip(FAMILIES, (sslip_ipv4(name.value), sslip_ipv6(name.value)), strict=True):
            of_family = sorted((ip for ip in hosts if ip.version == VERSION[family]), key=int)
            if answer is None:
                continue
            if not of_family:
                yield NotYet(name.path, "no resource of the stack tells an address of a host; name them in `hosts`")
            elif answer not in of_family:
                own[family] = Address(str(of_family[0]), of_family[0])
        yield from (item for item in sslip_name(name, (own["ipv4"], own["ipv6"]), _FIX) if item.rule is WRONG_ADDRESS)


def _password(given: Given, view: View) -> Told:
    for chart in _rancher(given):
        value = chart.text("bootstrapPassword")
        if not value:
            continue  # Rancher makes one up
        least = view.settings.get("minimumLength", LEAST_PASSWORD)
        path = (*chart.path, "bootstrapPassword")
        yield from bootstrap_password(At(path, value), int(least), view.names("known"))


HOSTNAME = Check(TYPES, _hostname)
ADDRESSES = Check(TYPES, _addresses)
PASSWORD = Check(TYPES, _password)

_NAME: Final = "Give Rancher a name with A and AAAA, of your DNS or of sslip.io."
_PASSWORD: Final[Settings] = {
    "minimumLength": {"type": "integer", "minimum": 1, "description": "Characters that it must have."},
    "known": list_of_texts("Further passwords that everybody knows."),
}

POLICIES: Final = (
    policy(name_rules.DNS_NAME, _NAME, HOSTNAME),
    policy(rancher_name.UNRESOLVABLE, _NAME, HOSTNAME),
    policy(rancher_name.WRONG_ADDRESS, _NAME, ADDRESSES, whole=True, settings=declare.HOSTS),
    policy(rancher_name.ONE_FAMILY, _NAME, HOSTNAME),
    policy(
        program_resources.BOOTSTRAP,
        "Set a random one as a secret: pulumi config set --secret.",
        PASSWORD,
        settings=_PASSWORD,
    ),
)
