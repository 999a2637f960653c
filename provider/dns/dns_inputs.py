"""Judging the inputs of DNS resources, property by property."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Any

from dualstack.document.holes import UNKNOWN
from provider.frame.compare import join
from provider.frame.handler import Failure

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
"""SHA-1 and MD5 are no longer fit for TSIG (RFC 8945, section 6)."""
TTL_LIMIT = 2**31 - 1
"""RFC 2181, section 8."""
NAME_LIMIT = 253
# As in host names; the slash is for delegated parts of IPv4 reverse zones (RFC 2317), the underscore for services.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_/-]{0,61}[a-z0-9_])?")
_MISSING: Any = object()


class Checks:
    """Reads inputs one by one; what is wrong is collected in ``failures``, what is right given back normalised."""

    def __init__(self, inputs: Mapping[str, Any], path: str = "", failures: list[Failure] | None = None) -> None:
        self._inputs, self._path = inputs, path
        self.failures: list[Failure] = [] if failures is None else failures

    def fail(self, key: str, reason: str, index: int | None = None) -> None:
        """Note a failure of a property at this level, or of one item of it."""
        self.failures.append(Failure(join(self._path, key) + ("" if index is None else f"[{index}]"), reason))

    def only(self, known: Collection[str]) -> None:
        """Refuse properties that do not exist, such as misspelt ones."""
        for key in self._inputs:
            if key not in known and not key.startswith("__"):
                self.fail(key, f"there is no such property; known are {', '.join(known)}")

    def name(self, key: str, what: str) -> Any:
        """Read a DNS name; lower case, without the last dot."""
        text = self._typed(key, str, what)
        return self._name(key, text) if isinstance(text, str) else text

    def _name(self, key: str, text: Any, index: int | None = None) -> Any:
        if not isinstance(text, str):
            self.fail(key, f"{text!r} is no DNS name", index)
            return text
        name = text.strip().lower().removesuffix(".")
        labels = name.split(".")
        labels = labels[1:] if labels[0] == "*" else labels
        if not name.isascii():
            self.fail(key, f"{text!r} is not ASCII; write international names in their xn-- form", index)
        elif len(name) > NAME_LIMIT or not labels or not all(_LABEL.fullmatch(label) for label in labels):
            self.fail(key, f"{text!r} is no DNS name: labels of letters, digits and hyphens, joined by dots", index)
        return name

    def addresses(self, key: str, version: int, *, least: int = 1) -> Any:
        """Read addresses; canonical, each once, in order."""
        items = self._typed(key, list, f"IPv{version} addresses, as a list")
        if not isinstance(items, list):
            return items
        found: list[Any] = []
        for index, item in enumerate(items):
            if item is UNKNOWN:
                found.append(item)
                continue
            try:
                address = ipaddress.ip_address(item) if isinstance(item, str) else None
            except ValueError:
                address = None
            if address is None or address.version != version or getattr(address, "scope_id", None):
                self.fail(key, f"{item!r} is no IPv{version} address that a record can hold", index)
            elif str(address) not in found:
                found.append(str(address))
        if len(items) < least:
            other = "AAAA" if version == 4 else "A"
            self.fail(key, f"it is empty: the name would have {other} only; give the IPv{version} address")
        if UNKNOWN in found:
            return found
        return sorted(found, key=lambda text: int(ipaddress.ip_address(text)))

    def names(self, key: str, what: str) -> Any:
        """Read DNS names, none of them where it is missing."""
        if key not in self._inputs:
            return []
        items = self._typed(key, list, what)
        if not isinstance(items, list):
            return items
        return [item if item is UNKNOWN else self._name(key, item, index) for index, item in enumerate(items)]

    def resolvers(self, key: str) -> Any:
        """Read at least one address of either family, each once, in order."""
        items = self._typed(key, list, "addresses of resolvers, as a list")
        if not isinstance(items, list):
            return items
        found: list[Any] = []
        for index, item in enumerate(items):
            try:
                address = item if item is UNKNOWN else str(ipaddress.ip_address(item))
            except ValueError:
                self.fail(key, f"{item!r} is no address", index)
                continue
            if address is UNKNOWN or address not in found:
                found.append(address)
        if not items:
            self.fail(key, "it is empty, so nobody can be asked; give the address of a resolver")
        return found

    def integer(self, key: str, low: int, high: int, what: str, default: Any = _MISSING) -> Any:
        """Read a whole number."""
        if default is not _MISSING and key not in self._inputs:
            return default
        number = self._typed(key, int, what)
        if isinstance(number, int) and not low <= number <= high:
            self.fail(key, f"{number} is not between {low} and {high}")
        return number

    def flag(self, key: str) -> Any:
        """Read a boolean that is false where it is missing."""
        return self._typed(key, bool, "true or false") if key in self._inputs else False

    def server(self, zone: Any) -> Any:
        """Read ``server``: address or name, port, key."""
        value = self._typed("server", dict, "the server that takes the zone's updates")
        if not isinstance(value, dict):
            return value
        inner = Checks(value, join(self._path, "server"), self.failures)
        inner.only(("address", "port", "key"))
        server: dict[str, Any] = {
            "address": inner._address(zone),
            "port": inner.integer("port", 1, 65535, "a port", 53),
        }
        if "key" in value:
            server["key"] = inner._key()
        return server

    def _address(self, zone: Any) -> Any:
        if "address" not in self._inputs:
            where = f"zone {zone}" if isinstance(zone, str) else "the zone"
            self.fail("address", f"{where} has no server; give its primary's address or name (dns.zones of the site)")
            return ""
        text = self._typed("address", str, "an address or a name")
        if not isinstance(text, str):
            return text
        bare = text.strip().removeprefix("[").removesuffix("]")
        try:
            return str(ipaddress.ip_address(bare))
        except ValueError:
            return self.name("address", "an address or a name")

    def _key(self) -> Any:
        value = self._typed("key", dict, "a TSIG key: name, algorithm and secret")
        if not isinstance(value, dict):
            return value
        inner = Checks(value, join(self._path, "key"), self.failures)
        inner.only(("name", "algorithm", "secret"))
        name = inner.name("name", "the name of the key")
        algorithm = inner._typed("algorithm", str, "the key's algorithm") if "algorithm" in value else ALGORITHMS[0]
        if isinstance(algorithm, str):
            algorithm = algorithm.strip().lower().removesuffix(".")
            if algorithm not in ALGORITHMS:
                inner.fail("algorithm", f"{algorithm!r} is none of {', '.join(ALGORITHMS)}")
        if "secret" not in value:
            words = f"key {name} has no secret in this stack; set the config key that the zone's key.secretKey names"
            inner.fail(
                "secret", f"{words}: dualstack secret set SITE KEY, with the key that the zone's key.secretKey names"
            )
            return {"name": name, "algorithm": algorithm}
        return {"name": name, "algorithm": algorithm, "secret": inner._base64("secret")}

    def _base64(self, key: str) -> Any:
        text = self._typed(key, str, "base64")
        if isinstance(text, str):
            try:
                if not base64.b64decode(text.strip(), validate=True):
                    self.fail(key, "it is empty")
            except (binascii.Error, ValueError):
                self.fail(key, "it is not base64, as `tsig-keygen` prints it behind `secret`")
            return text.strip()
        return text

    def _typed(self, key: str, kind: type, what: str) -> Any:
        """Read a property of one type; unknown values pass."""
        if key not in self._inputs:
            self.fail(key, f"it is missing: {what}")
            return kind()
        value = self._inputs[key]
        if value is not UNKNOWN and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.fail(key, f"it must be {what}, not {_TYPES.get(type(value), type(value).__name__)}")
            return None
        return value


_TYPES: dict[type, str] = {
    str: "a text", int: "a number", float: "a fraction", bool: "true or false", list: "a list", dict: "a map"
}  # fmt: skip


def inside(name: Any, zone: Any) -> bool:
    """Tell whether a name is in a zone, as far as both are known."""
    return not (isinstance(name, str) and isinstance(zone, str)) or name == zone or name.endswith("." + zone)
