"""``dualstack new``: a site that checks clean, from flags or by asking."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import re
import sys
from typing import Any, Final

import typer

from dualstack.address.parsing import AddressError, InterfaceAddress, parse_interface
from dualstack.answer.style import Style
from dualstack.check.checked import Checked, check_site
from dualstack.cli import new_nodes, questions
from dualstack.cli.answers import Answers
from dualstack.cli.questions import ask
from dualstack.cli.stackfile import read_stack_file, replace_text, secret_names, with_site
from dualstack.cli.text import finding_text, summary
from dualstack.document.findings import Severity
from dualstack.document.origins import Path, format_path
from dualstack.errors import InputError
from dualstack.releases import RELEASES
from dualstack.stack.layers import resolve_mapping
from dualstack.stack.project import shown_path, stacks_dir

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_INTERFACE: Final[Path] = ("nodes", 0, "interfaces", 0)


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


def _storage_login(answers: Answers) -> bool:
    """Tell whether storage comes only with a login; of a release that nobody knows the check tells."""
    release = RELEASES.get(answers.release)
    return release is None or release.storage_login


def _refuse_contradictions(answers: Answers) -> None:
    """Refuse flags of which one would have to be dropped."""
    if answers.hostname is not None and answers.mode == "address":
        fix = "give --mode hostname, or leave --hostname out"
        raise InputError("--hostname is Ironic's name in hostname mode, and this site is in address mode", fix=fix)
    if answers.collection_user and not _storage_login(answers):
        fix = "give a later --release, or leave --collection-user out"
        told = f"--collection-user is for SUSE Storage; the storage of release {answers.release} comes without a login"
        raise InputError(told, fix=fix)
    if answers.rancher_hostname is not None and answers.mode == "address":
        fix = "give --mode hostname, or leave --rancher-hostname out: Rancher is then named by its addresses"
        raise InputError("--rancher-hostname is for hostname mode, and this site is in address mode", fix=fix)


def _complete(answers: Answers) -> None:
    default = "address" if answers.hostname is None else "hostname"
    answers.mode = ask(
        answers.mode, "--mode", "Mode (address or hostname)", questions.one_of(("address", "hostname")), default
    )
    _refuse_contradictions(answers)
    if answers.mode == "hostname":
        answers.hostname = ask(answers.hostname, "--hostname", "Ironic's FQDN, with A and AAAA", questions.fqdn)
    new_nodes.count_nodes(answers)
    answers.mac[:1] = [ask(_first(answers.mac), "--mac", "MAC of the management interface", questions.mac)]
    four, six = questions.interface("ipv4"), questions.interface("ipv6")
    own4 = ask(_first(answers.ipv4), "--ipv4", "Its IPv4 address with prefix length", four)
    judge = questions.gateway("ipv4", own4)
    answers.gateway4 = ask(answers.gateway4, "--gateway4", "IPv4 gateway", judge, _first_host(own4))
    own6 = ask(_first(answers.ipv6), "--ipv6", "Its IPv6 address with prefix length", six)
    judge = questions.gateway("ipv6", own6)
    answers.gateway6 = ask(answers.gateway6, "--gateway6", "IPv6 gateway", judge, _first_host(own6))
    answers.ipv4[:1], answers.ipv6[:1] = [own4], [own6]
    given = " ".join(answers.resolvers) or None
    question = "Resolvers, one of each family, with a comma between them"
    answers.resolvers = questions.split(ask(given, "--resolver", question, questions.resolvers))
    new_nodes.complete_nodes(answers)
    new_nodes.complete_virtual(answers)
    new_nodes.complete_bmcs(answers)
    if questions.can_ask():
        question = "Public SSH key for root (empty: none)"
        answers.ssh_key = ask(answers.ssh_key, "--ssh-key", question, questions.ssh_key, "") or None
        if _storage_login(answers) and answers.collection_user is None and not answers.extends:
            question = "User at the Application Collection (empty: no SUSE Storage)"
            answers.collection_user = ask(None, "--collection-user", question, questions.anything, "") or None
        question = "Disk to install to, such as /dev/sda (empty: the installer asks at the console)"
        # The last one, so that whoever types answers ahead may leave it out.
        device = questions.ask_or_leave(answers.install_device, "--install-device", question, questions.install_device)
        answers.install_device = device or None


def _first(given: list[str]) -> str | None:
    return given[0] if given else None


def site_mapping(answers: Answers) -> dict[str, Any]:
    """Make the site's mapping out of complete answers."""
    site: dict[str, Any] = {"schema": 1}
    if answers.extends:
        site["extends"] = answers.extends
    site |= {
        "release": answers.release,
        "mode": answers.mode,
        **new_nodes.nodes_mapping(answers),
        "dns": {"resolvers": answers.resolvers},
    }
    if answers.mode == "hostname":
        site["provisioning"] = {"hostname": answers.hostname}
    else:
        # The guide's own default has no AAAA record; this name answers over both families.
        site["rancher"] = {"hostname": "dual"}
    if answers.ssh_key:
        site["image"] = {"users": [{"username": "root", "sshKeys": [answers.ssh_key]}]}
    if answers.install_device:
        site.setdefault("image", {})["installDevice"] = answers.install_device
    if not answers.extends:
        # Where EIB takes the packages of the release from: SUSE's repositories, with a registration code.
        site.setdefault("image", {})["packages"] = {"sccRegistrationCodeKey": "sccRegistrationCode"}
    # Whether there is storage, and with which login, is for the layers to say.
    if _storage_login(answers) and (answers.collection_user or not answers.extends):
        _storage(site, answers.collection_user)
    new_nodes.add_topology(site, answers)
    return site


def _storage(site: dict[str, Any], user: str | None) -> None:
    if user:
        site["charts"] = {"storage": {"login": {"username": user, "passwordKey": "appsToken"}}}
        return
    # Without storage there is no storage class: Ironic's volume would never be bound.
    site["charts"] = {"storage": {"enabled": False}}
    site.setdefault("provisioning", {})["persistence"] = {"enabled": False}


_FLAGS: dict[Path, str] = {
    ("mode",): "--mode",
    ("release",): "--release",
    ("extends",): "--extends",
    (*_INTERFACE, "mac"): "--mac",
    (*_INTERFACE, "ipv4"): "--ipv4",
    (*_INTERFACE, "ipv4", "gateway"): "--gateway4",
    (*_INTERFACE, "ipv6"): "--ipv6",
    (*_INTERFACE, "ipv6", "gateway"): "--gateway6",
    ("dns", "resolvers"): "--resolver",
    ("provisioning", "hostname"): "--hostname",
    ("image", "users"): "--ssh-key",
    ("image", "installDevice"): "--install-device",
    ("charts", "storage", "login"): "--collection-user",
    ("nodes", 0, "bmc"): "--bmc",
    ("nodes", 0, "bmc", "username"): "--bmc-user",
    ("host", "redfish", "media"): "--media",
    ("rancher", "hostname"): "--rancher-hostname",
    ("nodes",): "--nodes",
    **{(*place, family): flag for flag, (place, family, _) in new_nodes.VIRTUAL.items()},
}


def flag_of(path: Path) -> str | None:
    """Return the flag that gives the value at a path of the site, or None; a node's flag is given once for each."""
    if path[:1] == ("nodeDefaults",):
        path = ("nodes", 0, *path[1:])
    elif path[:1] == ("nodes",) and len(path) > 1:
        path = ("nodes", 0, *path[2:])
    return next((_FLAGS[path[:length]] for length in range(len(path), 0, -1) if path[:length] in _FLAGS), None)


def _told(checked: Checked, style: Style) -> str:
    """Return the findings with the flag beside each path: the paths are those of a file that is not written yet."""
    lines = [f"{checked.name}: {summary(checked.findings)}"]
    for finding in checked.findings:
        text, flag = finding_text(finding, style), flag_of(finding.path)
        if finding.severity is Severity.INFO:
            continue
        if flag is not None:
            shown = style(format_path(finding.path), "bold")
            text = text.replace(f"{shown}: ", f"{shown} ({flag}): ", 1)
        lines.append(text)
    return "\n".join(lines)


def new_site(project: pathlib.Path, answers: Answers) -> None:
    """Write the stack file of a site; nothing is written where the site would have errors.

    A stack file that the Pulumi CLI made, with secrets but without a site, gets the site and keeps what is in it.

    Raises:
        InputError: the name cannot be a stack's, the site is there already, or an answer is missing.
    """
    if not _NAME.fullmatch(answers.name):
        raise InputError(f"{answers.name!r} cannot be a stack's name", fix="use letters, digits, dots, - and _ only")
    file = project / stacks_dir(project) / f"Pulumi.{answers.name}.yaml"
    text, document = read_stack_file(file, shown_path(project, file))
    _refuse_contradictions(answers)
    _complete(answers)
    site = site_mapping(answers)
    checked = check_site(answers.name, resolve_mapping(project, site, secret_names(document)))
    if any(finding.severity is not Severity.INFO for finding in checked.findings):
        print(_told(checked, Style.of(sys.stderr)), file=sys.stderr)
    if checked.failed:
        print("dualstack: nothing was written: mend the answers", file=sys.stderr)
        raise typer.Exit(1)
    replace_text(file, with_site(text or _head(project, file), document, site))
    print(f"{'Added the site to' if text else 'Wrote'} {file}. Next: dualstack plan {answers.name}")


def _head(project: pathlib.Path, file: pathlib.Path) -> str:
    """Return the line that tells editors the schema, where the project has it."""
    schema = project / "docs" / "schema" / "site.schema.json"
    if not schema.is_file():
        return ""
    return f"# yaml-language-server: $schema={pathlib.PurePath(os.path.relpath(schema, file.parent)).as_posix()}\n"
