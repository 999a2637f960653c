"""What ``dualstack new`` asks, and how each answer is judged as soon as it is given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import typer

from dualstack.address.family import Family
from dualstack.address.parsing import AddressError, parse_address, parse_interface
from dualstack.document.findings import At, Finding, Findings, Severity
from dualstack.errors import InputError

Judge = Callable[[str], str | None]
"""Says what is wrong with an answer, and how to mend it; None where nothing is."""


def can_ask() -> bool:
    """Tell whether there is a terminal to ask on; standard input may have been closed."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        return False


def ask(given: str | None, flag: str, question: str, judge: Judge, default: str | None = None) -> str:
    """Return the answer that a flag gave, or ask until there is a good one.

    Without a terminal a wrong flag is left to the check of the whole site, which tells of all at once.

    Raises:
        InputError: the flag is missing, and there is no terminal to ask on.
    """
    if not can_ask():
        if given is None:
            raise InputError(f"{flag} is missing", fix=f"give {flag}, or run the command on a terminal to be asked")
        return given
    answer = given
    while True:
        if answer is None:
            answer = str(typer.prompt(question, default=default)).strip()
        wrong = judge(answer)
        if wrong is None:
            return answer
        where = f"{flag}: " if answer == given else ""
        print(f"  {where}{wrong}", file=sys.stderr)
        answer = None


def ask_or_leave(given: str | None, flag: str, question: str, judge: Judge) -> str:
    """Ask for what may be left out; the end of the input leaves it out, too."""
    try:
        return ask(given, flag, question, judge, "")
    except typer.Abort as error:
        if isinstance(error.__context__, EOFError):
            return ""
        raise


def anything(answer: str) -> str | None:
    """Take any answer."""
    return None


def one_of(choices: Iterable[str]) -> Judge:
    """Judge a choice."""
    known = list(choices)

    def judge(answer: str) -> str | None:
        return None if answer in known else f"{answer!r} is none of {', '.join(known)}"

    return judge


def count(answer: str) -> str | None:
    """Judge how many nodes there are."""
    return (
        None
        if answer.isascii() and answer.isdigit() and 0 < int(answer) < 1000
        else f"{answer!r} is no number of nodes"
    )


def plain_address(family: Family) -> Judge:
    """Judge an address without prefix length."""
    return lambda answer: _parsed(lambda: parse_address(answer, family))


def address(family: Family) -> Judge:
    """Judge an address that may do without a prefix length, since another one has it."""
    return lambda answer: (interface if "/" in answer else plain_address)(family)(answer)


def interface(family: Family) -> Judge:
    """Judge an address with prefix length."""
    return lambda answer: _parsed(lambda: parse_interface(answer, family))


def gateway(family: Family, own: str) -> Judge:
    """Judge the gateway of an interface: in its network, or link-local, and not the interface itself."""

    def judge(answer: str) -> str | None:
        if wrong := _parsed(lambda: parse_address(answer, family)):
            return wrong
        ip = parse_address(answer, family).ip
        try:
            mine = parse_interface(own, family).interface
        except AddressError:
            return None
        if ip == mine.ip:
            return f"{answer} is the node's own address; write the router's"
        if ip in mine.network or (family == "ipv6" and ip.is_link_local):
            return None
        return f"{answer} is not in {mine.network}; write an address of that network"

    return judge


def resolvers(answer: str) -> str | None:
    """Judge a list of resolvers."""
    listed = split(answer)
    if not listed:
        return "there is none; write one of each family, such as 192.168.100.53, fd00:100::53"
    return next((wrong for item in listed if (wrong := _address(item))), None)


def split(answer: str) -> list[str]:
    """Return the items of an answer, between which stand commas or spaces."""
    return answer.replace(",", " ").split()


def mac(answer: str) -> str | None:
    """Judge a MAC."""
    from dualstack.rules.network.nmstate_links import mac_address

    return _first(mac_address(At((), answer)))


def fqdn(answer: str) -> str | None:
    """Judge Ironic's name."""
    from dualstack.rules.name.names import dns_name

    return _first(dns_name(At((), answer), 2))


def ssh_key(answer: str) -> str | None:
    """Judge a public SSH key; none is an answer, too."""
    from dualstack.rules.image.image_contents import user
    from dualstack.site.image import User

    return _first(user(At((), User.model_validate({"username": "root", "sshKeys": [answer]})))) if answer else None


def bmc(answer: str) -> str | None:
    """Judge a BMC's address."""
    from dualstack.address.bmc import parse_bmc

    parsed = parse_bmc(answer)
    if parsed.problem or not parsed.host:
        return f"{answer!r} is no BMC address; write one such as redfish-virtualmedia://[fd00:200::21]/redfish/v1/Systems/1"
    return None


def install_device(answer: str) -> str | None:
    """Judge the disk to install to; none is an answer, too."""
    from dualstack.rules.image.image_base import whole_disk

    if answer and not answer.startswith("/dev/"):
        return f"{answer!r} is no device; write one such as /dev/{answer.strip('/')}"
    return _first(whole_disk(At((), answer)))


def _first(findings: Findings) -> str | None:
    errors: Iterator[Finding] = (finding for finding in findings if finding.severity is Severity.ERROR)
    return next((f"{finding.message}; {finding.fix}" for finding in errors), None)


def _address(item: str) -> str | None:
    return _parsed(lambda: parse_address(item))


def _parsed(parse: Callable[[], object]) -> str | None:
    try:
        parse()
    except AddressError as error:
        return f"{error.message}; {error.fix}"
    return None
