"""The nodes of a new site: what is asked for each, what they share, and where several of them are reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from dualstack.address.bmc import parse_bmc
from dualstack.address.family import BITS, FAMILIES, LABEL, Family
from dualstack.address.parsing import AddressError, parse_address, parse_interface
from dualstack.cli import questions
from dualstack.cli.answers import Answers
from dualstack.cli.questions import ask
from dualstack.document.origins import Path
from dualstack.errors import InputError

VIRTUAL: Final[dict[str, tuple[Path, Family, str]]] = {
    "--api4": (("cluster", "api"), "ipv4", "the API server"),
    "--ingress4": (("cluster", "ingress"), "ipv4", "the ingress controller"),
    "--ingress6": (("cluster", "ingress"), "ipv6", "the ingress controller"),
    "--ironic4": (("provisioning", "vip"), "ipv4", "Ironic"),
    "--ironic6": (("provisioning", "vip"), "ipv6", "Ironic"),
}
"""By flag: where the virtual address stands in the site, its family, and whose it is."""
NIC: Final = "eth0"
BMC_KEY: Final = "bmcPassword"


def node_name(number: int) -> str:
    """Return the name of a node, counted from 0."""
    return f"mgmt-{number + 1}"


def refuse_contradictions(answers: Answers) -> None:
    """Refuse flags of which one would have to be dropped.

    Raises:
        InputError: more values than nodes, or flags that only several nodes, or machines with a BMC, have.
    """
    count = answers.nodes or 1
    by_node = {"--mac": answers.mac, "--ipv4": answers.ipv4, "--ipv6": answers.ipv6, "--bmc": answers.bmc}
    for flag, given in by_node.items():
        if len(given) > count:
            message = f"{flag} is given {len(given)} times, and the site has {count} node{'s' * (count > 1)}"
            raise InputError(message, fix=f"give it once for each node, or --nodes {len(given)}")
    for flag, value in {**answers.virtual, "--rancher-hostname": answers.rancher_hostname}.items():
        if value is not None and not answers.several:
            fix = "give --nodes with their number, or leave it out"
            raise InputError(f"{flag} is for several nodes, and this site has one", fix=fix)
    for flag, value in (("--bmc-user", answers.bmc_user), ("--media", answers.media)):
        if value is not None and not answers.bmc:
            fix = "give --bmc for each node, or leave it out"
            raise InputError(f"{flag} is for machines that are installed through their BMCs", fix=fix)


def count_nodes(answers: Answers) -> None:
    """Find out how many nodes there are: as many as MACs are given, where nobody says."""
    if answers.nodes is None and answers.mac:
        answers.nodes = len(answers.mac)
    if answers.nodes is None and questions.can_ask():
        answers.nodes = int(ask(None, "--nodes", "Number of nodes, all of them servers", questions.count, "1"))
    refuse_contradictions(answers)


def complete_nodes(answers: Answers) -> None:
    """Ask for the nodes after the first one; their addresses count up where none is given, without asking."""
    for number in range(1, answers.nodes or 1):
        name = node_name(number)
        if len(answers.mac) <= number:
            answers.mac.append(ask(None, f"--mac of {name}", f"MAC of {name}", questions.mac))
        for family in FAMILIES:
            listed = _listed(answers, family)
            if len(listed) <= number:
                flag, question = f"--{family} of {name}", f"{LABEL[family]} address of {name}"
                proposed = _next(listed[-1], family, _taken(answers))
                given = None if questions.can_ask() else proposed
                listed.append(ask(given, flag, question, questions.address(family), proposed))


def complete_virtual(answers: Answers) -> None:
    """Ask for the virtual addresses of several nodes, and for Rancher's name."""
    if not answers.several:
        return
    for flag, (_, family, whose) in VIRTUAL.items():
        after = _next(_listed(answers, family)[-1], family, _taken(answers))
        proposed = after.partition("/")[0] if after else None
        question = f"Virtual {LABEL[family]} address of {whose}"
        given = answers.virtual.get(flag)
        answers.virtual[flag] = ask(given, flag, question, questions.plain_address(family), proposed)
    if answers.mode == "hostname":
        domain = (answers.hostname or "").partition(".")[2]
        proposed = f"rancher.{domain}" if domain else None
        question = "Rancher's FQDN, another one than Ironic's"
        answers.rancher_hostname = ask(
            answers.rancher_hostname, "--rancher-hostname", question, questions.fqdn, proposed
        )


def complete_bmcs(answers: Answers) -> None:
    """Ask for what is missing where machines are installed through their BMCs."""
    if not answers.bmc:
        return
    for number in range(len(answers.bmc), answers.nodes or 1):
        name = node_name(number)
        answers.bmc.append(ask(None, f"--bmc of {name}", f"BMC address of {name}", questions.bmc))
    answers.bmc_user = ask(answers.bmc_user, "--bmc-user", "User at the BMCs", questions.anything)
    question = "Disk to install to, such as /dev/sda"
    answers.install_device = ask(answers.install_device, "--install-device", question, questions.install_device)


def nodes_mapping(answers: Answers) -> dict[str, Any]:
    """Return ``nodes``, and ``nodeDefaults`` where there are several."""
    gateways = {"ipv4": answers.gateway4, "ipv6": answers.gateway6}
    if not answers.several:
        single: dict[str, Any] = {"name": NIC, "mac": answers.mac[0]}
        for family in FAMILIES:
            single[family] = {"address": _listed(answers, family)[0], "gateway": gateways[family]}
        return {"nodes": [{"name": node_name(0), "interfaces": [single], **_bmc(answers, 0)}]}
    lengths = {family: _length(_listed(answers, family)[0], family) for family in FAMILIES}
    shared: dict[str, Any] = {"name": NIC}
    for family in FAMILIES:
        length = lengths[family]
        shared[family] = ({} if length is None else {"prefixLength": length}) | {"gateway": gateways[family]}
    nodes = []
    for number in range(answers.nodes or 1):
        nic: dict[str, Any] = {"name": NIC, "mac": answers.mac[number]}
        for family in FAMILIES:
            written = _listed(answers, family)[number]
            own, _, said = written.partition("/")
            nic[family] = {"address": own if said == str(lengths[family]) else written}
        nodes.append({"name": node_name(number), "interfaces": [nic], **_bmc(answers, number)})
    return {"nodeDefaults": {"interfaces": [shared]}, "nodes": nodes}


def add_topology(site: dict[str, Any], answers: Answers) -> None:
    """Add what several nodes, and machines with BMCs, have beside their networks."""
    if answers.several:
        site["cluster"] = {"bootstrap": node_name(0)}
        for flag, ((section, key), family, _) in VIRTUAL.items():
            pair = site.setdefault(str(section), {}).setdefault(key, {})
            pair[family] = answers.virtual[flag]
        if answers.rancher_hostname:
            site["rancher"] = {"hostname": answers.rancher_hostname}
    if answers.bmc:
        site["host"] = {"kind": "redfish"}
        if answers.media:
            site["host"]["redfish"] = {"media": answers.media}
        else:
            site.setdefault("image", {})["build"] = "local"


def _bmc(answers: Answers, number: int) -> dict[str, Any]:
    if not answers.bmc:
        return {}
    login = {"username": answers.bmc_user, "passwordKey": BMC_KEY}
    return {"bmc": {"address": answers.bmc[number], **login}}


def _listed(answers: Answers, family: Family) -> list[str]:
    return answers.ipv4 if family == "ipv4" else answers.ipv6


def _length(written: str, family: Family) -> int | None:
    try:
        return parse_interface(written, family).interface.network.prefixlen
    except AddressError:
        return None


def _taken(answers: Answers) -> set[str]:
    """Return the addresses that are somebody's already, each in its canonical form."""
    others = [answers.gateway4, answers.gateway6, *(parse_bmc(bmc).host for bmc in answers.bmc)]
    return set(_canonical([*answers.ipv4, *answers.ipv6, *answers.resolvers, *others, *answers.virtual.values()]))


def _canonical(written: Iterable[str | None]) -> Iterator[str]:
    for text in written:
        with suppress(AddressError):
            yield str(parse_address((text or "").partition("/")[0]).ip)


def _next(written: str, family: Family, taken: set[str]) -> str | None:
    """Return the next free address after one; None where it is none, or only another network has the next one."""
    own, _, length = written.partition("/")
    try:
        ip = parse_address(own, family).ip
        network = parse_interface(written, family).interface.network if length else None
    except AddressError:
        return None
    last = 2 ** BITS[family] - 1 if network is None else int(network.network_address) + network.num_addresses - 1
    for value in range(int(ip) + 1, min(last, int(ip) + len(taken) + 2)):
        found = str(type(ip)(value))
        if found not in taken:
            return f"{found}/{length}" if length else found
    return None
