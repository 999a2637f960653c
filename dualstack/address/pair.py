"""One value of each family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from dualstack.address.family import FAMILIES, Family

T = TypeVar("T")
S = TypeVar("S")
T_co = TypeVar("T_co", covariant=True)


class HasFamilies(Protocol[T_co]):
    """What has a value of each family under the families' own names, as sections of the site file do."""

    @property
    def ipv4(self) -> T_co:
        """Value of IPv4."""

    @property
    def ipv6(self) -> T_co:
        """Value of IPv6."""


def of(both: HasFamilies[T], family: Family) -> T:
    """Return the value of a family."""
    return both.ipv4 if family == "ipv4" else both.ipv6


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """One value of each family, IPv4 first; either may lack, as None."""

    ipv4: T | None = None
    ipv6: T | None = None

    def of(self, family: Family) -> T | None:
        """Return the value of a family."""
        return self.ipv4 if family == "ipv4" else self.ipv6

    def items(self) -> Iterator[tuple[Family, T]]:
        """Yield family and value of those that are there."""
        for family in FAMILIES:
            value = self.of(family)
            if value is not None:
                yield family, value

    def values(self) -> Iterator[T]:
        """Yield the values that are there."""
        return (value for _, value in self.items())

    def map(self, change: Callable[[T], S | None]) -> Pair[S]:
        """Return the pair with each value that is there changed."""
        return Pair(*(None if (value := self.of(family)) is None else change(value) for family in FAMILIES))

    @property
    def complete(self) -> bool:
        """Whether both are there."""
        return self.ipv4 is not None and self.ipv6 is not None

    def __bool__(self) -> bool:
        """Whether any is there."""
        return self.ipv4 is not None or self.ipv6 is not None


def paired(both: HasFamilies[T | None]) -> Pair[T]:
    """Return the pair of a section's values."""
    return Pair(both.ipv4, both.ipv6)
