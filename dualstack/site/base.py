"""Base model and scalar types of the site file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from dualstack.address import mac
from dualstack.address.parsing import (
    Address,
    AddressError,
    InterfaceAddress,
    Prefix,
    parse_address,
    parse_interface,
    parse_prefix,
)
from dualstack.document.hiding import looks_like_a_secret

P = TypeVar("P")


class Model(BaseModel):
    """A mapping in the site file: frozen, camelCase keys, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        arbitrary_types_allowed=True,
        # Only the outermost model's validator is used: forty of their own would double the command's start-up time.
        defer_build=True,
    )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Return the model itself: it is frozen, and pydantic copies every default that it fills in."""
        return self


Text = Annotated[str, Strict(), StringConstraints(min_length=1)]
Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
Values = dict[Text, Any]
"""Free YAML, as Helm values or nmstate take it."""


def _parsed(parse: Callable[[str], P]) -> Callable[[object], P]:
    def validate(value: object) -> P:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Input should be a valid string")
        try:
            return parse(value)
        except AddressError as error:
            raise PydanticCustomError(
                "address", "{message}", {"rule": error.rule, "message": error.message, "fix": error.fix}
            ) from None

    return validate


def _schema(description: str, pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": description, "pattern": pattern, "examples": list(examples)}
    )


_TEXT = PlainSerializer(str, return_type=str)
"""An address is written back as its canonical text."""

_V4 = r"[0-9]{1,3}(\.[0-9]{1,3}){3}"
_V6 = r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*"

AnyAddress = Annotated[
    Address,
    PlainValidator(_parsed(parse_address)),
    _TEXT,
    _schema("An IPv4 or IPv6 address.", f"^({_V4}|{_V6})$", "192.168.100.53", "fd00:100::53"),
]
AnyPrefix = Annotated[
    Prefix,
    PlainValidator(_parsed(parse_prefix)),
    _TEXT,
    _schema("A prefix of either family.", f"^({_V4}|{_V6})/[0-9]{{1,3}}$", "0.0.0.0/0", "::/0"),
]
Address4 = Annotated[
    Address,
    PlainValidator(_parsed(lambda text: parse_address(text, "ipv4"))),
    _TEXT,
    _schema("An IPv4 address.", f"^{_V4}$", "192.168.100.1"),
]
Address6 = Annotated[
    Address,
    PlainValidator(_parsed(lambda text: parse_address(text, "ipv6"))),
    _TEXT,
    _schema("An IPv6 address, quoted where it ends in a colon.", f"^{_V6}$", "fd00:100::1", "fe80::1"),
]
Interface4 = Annotated[
    InterfaceAddress,
    PlainValidator(_parsed(lambda text: parse_interface(text, "ipv4"))),
    _TEXT,
    _schema(
        "IPv4 address with its prefix length; that may come from nodeDefaults.",
        f"^{_V4}(/[0-9]{{1,2}})?$",
        "192.168.100.10/24",
    ),
]
Interface6 = Annotated[
    InterfaceAddress,
    PlainValidator(_parsed(lambda text: parse_interface(text, "ipv6"))),
    _TEXT,
    _schema(
        "IPv6 address with its prefix length; that may come from nodeDefaults.",
        f"^{_V6}(/[0-9]{{1,3}})?$",
        "fd00:100::10/64",
    ),
]
Prefix4 = Annotated[
    Prefix,
    PlainValidator(_parsed(lambda text: parse_prefix(text, "ipv4"))),
    _TEXT,
    _schema("An IPv4 prefix.", f"^{_V4}/[0-9]{{1,2}}$", "10.42.0.0/16"),
]
Prefix6 = Annotated[
    Prefix,
    PlainValidator(_parsed(lambda text: parse_prefix(text, "ipv6"))),
    _TEXT,
    _schema("An IPv6 prefix.", f"^{_V6}/[0-9]{{1,3}}$", "fd12:4567:789b::/48"),
]
Mac = Annotated[
    str,
    Strict(),
    StringConstraints(pattern=f"^{mac.PATTERN}$"),
]


def _no_secret(name: str) -> str:
    if looks_like_a_secret(name):
        raise PydanticCustomError("secret_itself", "a secret in place of its key's name")
    return name


SecretKey = Annotated[
    str,
    Strict(),
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$"),
    AfterValidator(_no_secret),
]
"""Name of a config key ``dualstack:<name>`` that holds a secret; never the secret itself."""
