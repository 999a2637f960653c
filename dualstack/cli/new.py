"""``dualstack new``: a site that checks clean, from flags or by asking."""

from __future__ import annotations

import ipaddress
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from dualstack.addresses import AddressError, InterfaceAddress, parse_interface
from dualstack.check import check_site
from dualstack.cli.text import Style, findings_text
from dualstack.errors import InputError
from dualstack.findings import Severity
from dualstack.layers import resolve_mapping
from dualstack.yamlio import dump

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_HEAD = "# yaml-language-server: $schema=../docs/schema/site.schema.json\n"


@dataclass(slots=True)
class Answers:
    """What a new site needs; None and empty lists are asked for."""

    name: str
    mode: str | None = None
    mac: str | None = None
    ipv4: str | None = None
    gateway4: str | None = None
    ipv6: str | None = None
    gateway6: str | None = None
    resolvers: list[str] = field(default_factory=list)
    hostname: str | None = None
    release: str = "3.5"
    ssh_key: str | None = None
    collection_user: str | None = None
    extends: list[str] = field(default_factory=list)


def _ask(given: str | None, flag: str, question: str, default: str | None = None) -> str:
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError(f"{flag} is missing", fix=f"give {flag}, or run the command on a terminal to be asked")
    answer: str = typer.prompt(question, default=default)
    return answer


def _first_host(interface: str) -> str | None:
    """Return the usual gateway of an address: the first one of its prefix, or fe80::1."""
    try:
        parsed: InterfaceAddress = parse_interface(interface)
    except AddressError:
        return None
    if parsed.family == "ipv6":
        return "fe80::1"
    network = parsed.interface.network
    return str(network.network_address + 1) if isinstance(network, ipaddress.IPv4Network) else None


def _complete(answers: Answers) -> None:
    answers.mode = _ask(answers.mode, "--mode", "Mode (address or hostname)", "address")
    if answers.mode == "hostname":
        answers.hostname = _ask(answers.hostname, "--hostname", "Ironic's FQDN, with A and AAAA")
    answers.mac = _ask(answers.mac, "--mac", "MAC of the management interface")
    answers.ipv4 = _ask(answers.ipv4, "--ipv4", "Its IPv4 address with prefix length")
    answers.gateway4 = _ask(answers.gateway4, "--gateway4", "IPv4 gateway", _first_host(answers.ipv4))
    answers.ipv6 = _ask(answers.ipv6, "--ipv6", "Its IPv6 address with prefix length")
    answers.gateway6 = _ask(answers.gateway6, "--gateway6", "IPv6 gateway", _first_host(answers.ipv6))
    if not answers.resolvers:
        given = _ask(None, "--resolver", "Resolvers, one of each family, with a comma between them")
        answers.resolvers = [part.strip() for part in given.split(",") if part.strip()]
    if sys.stdin.isatty():
        answers.ssh_key = (
            answers.ssh_key or _ask(None, "--ssh-key", "Public SSH key for root (empty: none)", "") or None
        )
        if answers.release != "3.4" and answers.collection_user is None:
            question = "User at the Application Collection (empty: no SUSE Storage)"
            answers.collection_user = _ask(None, "--collection-user", question, "") or None


def site_mapping(answers: Answers) -> dict[str, Any]:
    """Make the site's mapping out of complete answers."""
    site: dict[str, Any] = {"schema": 1}
    if answers.extends:
        site["extends"] = answers.extends
    site |= {
        "release": answers.release,
        "mode": answers.mode,
        "nodes": [
            {
                "name": "mgmt-1",
                "interfaces": [
                    {
                        "name": "eth0",
                        "mac": answers.mac,
                        "ipv4": {"address": answers.ipv4, "gateway": answers.gateway4},
                        "ipv6": {"address": answers.ipv6, "gateway": answers.gateway6},
                    }
                ],
            }
        ],
        "dns": {"resolvers": answers.resolvers},
    }
    if answers.mode == "hostname":
        site["provisioning"] = {"hostname": answers.hostname}
    else:
        # The guide's own default has no AAAA record; this name answers over both families.
        site["rancher"] = {"hostname": "dual"}
    if answers.ssh_key:
        site["image"] = {"users": [{"username": "root", "sshKeys": [answers.ssh_key]}]}
    if answers.release != "3.4" and not answers.extends:
        _storage(site, answers.collection_user)
    return site


def _storage(site: dict[str, Any], user: str | None) -> None:
    if user:
        site["charts"] = {"storage": {"login": {"username": user, "passwordKey": "appsToken"}}}
        return
    # Without storage there is no storage class: Ironic's volume would never be bound.
    site["charts"] = {"storage": {"enabled": False}}
    site.setdefault("provisioning", {})["persistence"] = {"enabled": False}


def new_site(project: Path, answers: Answers) -> None:
    """Write ``stacks/Pulumi.<name>.yaml``; nothing is written where the site would have errors.

    Raises:
        InputError: the name cannot be a stack's, the file is there already, or an answer is missing.
    """
    if not _NAME.fullmatch(answers.name):
        raise InputError(f"{answers.name!r} cannot be a stack's name", fix="use letters, digits, dots, - and _ only")
    file = project / "stacks" / f"Pulumi.{answers.name}.yaml"
    if file.exists():
        raise InputError("this site is there already", file=str(file), fix="choose another name, or edit the file")
    _complete(answers)
    site = site_mapping(answers)
    checked = check_site(answers.name, resolve_mapping(project, site))
    if any(finding.severity is not Severity.INFO for finding in checked.findings):
        print(findings_text([checked], Style.of(sys.stderr)), file=sys.stderr)
    if checked.failed:
        print("dualstack: nothing was written: mend the answers", file=sys.stderr)
        raise typer.Exit(1)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(_HEAD + dump({"config": {"dualstack:site": site}}), encoding="utf-8")
    beside.replace(file)
    print(f"Wrote {file}. Next: dualstack plan {answers.name}")
