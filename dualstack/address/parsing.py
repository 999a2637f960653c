"""Address and prefix types: the text a person wrote, beside the value it means.

Parsing is as strict as Kubernetes' newer fields (apimachinery ``pkg/util/validation/ip.go``): no leading zeros (octal
ambiguity), no IPv4-mapped IPv6, no zone, no brackets. Text that means something but is not canonical (RFC 5952 upper
case, host bits in a prefix) is kept and told by rules, so that a plan can still be made and everything wrong be said
at once.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass

from dualstack.address.family import BITS, LABEL, Family, IPAddress, IPInterface, IPNetwork, family_of, url_host
from dualstack.document.fixes import AnyFix, Fix, Set, write

SYNTAX = "DS010-address-syntax"
MAPPED = "DS011-ipv4-mapped"
FAMILY = "DS013-wrong-family"

_PREFIX_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_PREFIX_TAIL = re.compile(r"/(0|[1-9][0-9]{0,2})")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}|\$\([^)]*\)|<[A-Za-z][\w -]*>|%[A-Z_]{2,}%|\$[A-Z_]{2,}")
_OCTET_ZEROS = re.compile(r"(^|\.)0[0-9]")


class AddressError(ValueError):
    """Text that is no address; carries the id of the rule it breaks and a fix."""

    def __init__(self, rule: str, message: str, fix: AnyFix) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Address:
    """One address without prefix length."""

    text: str
    ip: IPAddress

    @property
    def family(self) -> Family:
        """Family of the address."""
        return family_of(self.ip)

    @property
    def canonical(self) -> str:
        """RFC 5952 text."""
        return str(self.ip)

    @property
    def url_host(self) -> str:
        """The address as the host part of a URL: IPv6 in brackets."""
        return url_host(str(self.ip))

    def __str__(self) -> str:
        return self.canonical


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """An address with the prefix length of its link, ``192.168.100.10/24``."""

    text: str
    interface: IPInterface

    @property
    def family(self) -> Family:
        """Family of the address."""
        return family_of(self.interface)

    @property
    def canonical(self) -> str:
        """RFC 5952 text with the prefix length."""
        return str(self.interface)

    @property
    def address(self) -> Address:
        """The address alone."""
        return Address(str(self.interface.ip), self.interface.ip)

    @property
    def prefix(self) -> Prefix:
        """The link's prefix, host bits masked."""
        return Prefix(str(self.interface.network), self.interface.network)

    def __str__(self) -> str:
        return self.canonical


@dataclass(frozen=True, slots=True)
class Prefix:
    """A network prefix (CIDR); host bits are masked in ``network`` and kept in ``text``."""

    text: str
    network: IPNetwork

    @property
    def family(self) -> Family:
        """Family of the prefix."""
        return family_of(self.network)

    @property
    def canonical(self) -> str:
        """Masked RFC 5952 text."""
        return str(self.network)

    @property
    def host_bits_set(self) -> bool:
        """True where the written address is not the network's first one."""
        return ipaddress.ip_interface(self.text).ip != self.network.network_address

    def __str__(self) -> str:
        return self.canonical


def _literal(text: str) -> AnyFix:
    """Return the fix that writes a text, where that is an address or a prefix."""
    return write(text) if _is_interface(text) else _EXAMPLE


def _is_interface(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def placeholder(text: str) -> str | None:
    """Return what in a text a template should have filled, as ``${NODE_IP}`` or ``{{ ip }}``; None where nothing is."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def _reject_odd_text(text: str, what: str) -> None:
    if (left := placeholder(text)) is not None:
        raise AddressError(SYNTAX, f"a placeholder was not filled: {left}", f"write the value that {left} stands for")
    if text != text.strip() or " " in text:
        raise AddressError(SYNTAX, f"{text!r} has white space in it", _literal(text.replace(" ", "").strip()))
    if text.startswith("["):
        bare, _, tail = text[1:].partition("]")
        if what == "prefix" and _PREFIX_TAIL.fullmatch(tail):
            bare += tail
        raise AddressError(SYNTAX, f"{text!r} has brackets, which belong in URLs only", _literal(bare))
    if "%" in text:
        bare, _, tail = text.partition("%")
        if what == "prefix":
            bare += "".join(tail.partition("/")[1:])
        raise AddressError(SYNTAX, f"{text!r} has a zone, which no {what} may have", _literal(bare))


def _check_family(found: Family, wanted: Family | None, text: str) -> None:
    if wanted is not None and found != wanted:
        raise AddressError(
            FAMILY,
            f"{text!r} is {LABEL[found]}, here stands {LABEL[wanted]}",
            f"write an {LABEL[wanted]} value here and move this one to the {found} key",
        )


def parse_address(text: str, family: Family | None = None) -> Address:
    """Parse one address.

    Args:
        text: ``192.168.100.10`` or ``fd00:100::10``.
        family: the family that the field wants, if it wants one.

    Raises:
        AddressError: no address, IPv4-mapped, or of the other family.
    """
    _reject_odd_text(text, "address")
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        raise _explain_address(text) from None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        raise AddressError(
            MAPPED, f"{text!r} is an IPv4-mapped IPv6 address", f"write {ip.ipv4_mapped} in the IPv4 field"
        )
    found = Address(text, ip)
    _check_family(found.family, family, text)
    return found


_EXAMPLE = "write an address such as 192.168.100.10 or fd00:100::10"


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def _without_url(text: str) -> str:
    """Return the address in a URL, or before a port or a name behind ``#``; empty where there is none."""
    rest = re.split(r"[/?#]", _SCHEME.sub("", text, count=1), maxsplit=1)[0]
    head, _, port = rest.rpartition(":")
    for bare in (rest, head) if port.isdecimal() else (rest,):
        if _is_address(bare := bare.removeprefix("[").removesuffix("]")):
            return bare
    return ""


def _explain_address(text: str) -> AddressError:
    if (bare := _without_url(text)) and ("/" not in text or _SCHEME.match(text)):
        return AddressError(SYNTAX, f"{text!r} is an address with something around it", write(bare))
    if "/" in text:
        host = text.split("/", maxsplit=1)[0]
        if not _is_address(host):
            return AddressError(SYNTAX, f"{text!r} is no IP address", _EXAMPLE)
        message = f"{text!r} has a prefix length where a bare address stands"
        fix = f"write one address of it, without {text[len(host) :]}" if _is_network(text) else write(host)
        return AddressError(SYNTAX, message, fix)
    if _OCTET_ZEROS.search(text) and re.fullmatch(r"[0-9.]+", text):
        # As text: Python makes no number of thousands of digits.
        plain = ".".join((part.lstrip("0") or "0") if part else part for part in text.split("."))
        return AddressError(SYNTAX, f"{text!r} has leading zeros, which some tools read as octal", _literal(plain))
    if not text:
        return AddressError(SYNTAX, "the address is empty", _EXAMPLE)
    return AddressError(SYNTAX, f"{text!r} is no IP address", _EXAMPLE)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    """True for a prefix of more than one address without host bits, ``10.0.0.0/8``: no address can be made of it."""
    try:
        return ipaddress.ip_network(text).num_addresses > 1
    except ValueError:
        return False


def _split_prefix(text: str) -> tuple[str, int]:
    _reject_odd_text(text, "prefix")
    host, slash, length = text.partition("/")
    if not slash:
        if not _is_address(text):
            message = f"{text!r} is no address with a prefix length" if text else "the prefix is empty"
            raise AddressError(SYNTAX, message, "write an address and a prefix length, as in 10.42.0.0/16")
        example = "64" if ":" in text else "24"
        raise AddressError(SYNTAX, f"{text!r} has no prefix length", write(f"{text}/{example}", " or what fits"))
    if not _PREFIX_LENGTH.fullmatch(length):
        fix: AnyFix = "write the prefix length as in 10.0.0.0/16"
        with suppress(ValueError):
            # A netmask: 255.255.255.0 is /24.
            mask = ipaddress.IPv4Network(f"0.0.0.0/{length}")
            if str(mask.netmask) == length and mask.prefixlen and ":" not in host:
                fix = _literal(f"{host}/{mask.prefixlen}")
        raise AddressError(SYNTAX, f"{text!r} has no plain number as prefix length", fix)
    return host, int(length)


def parse_interface(text: str, family: Family | None = None) -> InterfaceAddress:
    """Parse an address with prefix length, such as ``fd00:100::10/64``.

    Raises:
        AddressError: as ``parse_address``, or a prefix length that is missing or too long.
    """
    host, length = _split_prefix(text)
    try:
        address = parse_address(host, None)
    except AddressError as error:
        # A fix for the address alone is no fix for an address with a prefix length.
        written = error.fix.edits[0] if isinstance(error.fix, Fix) else None
        fix = write(f"{written.value}/{length}") if isinstance(written, Set) else error.fix
        raise AddressError(error.rule, error.message, fix) from None
    _check_family(address.family, family, text)
    _check_length(text, length, address.family)
    return InterfaceAddress(text, ipaddress.ip_interface(f"{address.ip}/{length}"))


def parse_prefix(text: str, family: Family | None = None) -> Prefix:
    """Parse a network prefix; host bits are allowed here and told by a rule.

    Raises:
        AddressError: as ``parse_interface``.
    """
    parsed = parse_interface(text, family)
    return Prefix(text, parsed.interface.network)


def _check_length(text: str, length: int, family: Family) -> None:
    if length > BITS[family]:
        raise AddressError(
            SYNTAX,
            f"{text!r} has a prefix length over {BITS[family]}",
            f"write a prefix length from 0 to {BITS[family]}",
        )
