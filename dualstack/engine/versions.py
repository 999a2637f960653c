"""Which versions are taken, as data, and how versions compare."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_SEMVER: Final = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version as semver.org 2.0.0 has it, build metadata dropped.

    Attributes:
        release: major, minor, patch.
        pre: the identifiers of a pre-release; empty for a release, which sorts after its pre-releases.
    """

    release: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Read ``3.246.0``, ``v3.247.0-alpha.1``; None for anything else. White space around it does not count."""
        match = _SEMVER.fullmatch(text.strip())
        if match is None:
            return None
        major, minor, patch, pre = match.groups()
        return cls((int(major), int(minor), int(patch)), tuple(pre.split(".")) if pre else ())

    def __str__(self) -> str:
        """Give it without the leading v."""
        return ".".join(map(str, self.release)) + (f"-{'.'.join(self.pre)}" if self.pre else "")

    def __lt__(self, other: Version) -> bool:
        """Compare by precedence (semver.org, item 11)."""
        return self._key() < other._key()

    def _key(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        # Numbers sort before words, a release after all its pre-releases.
        parts = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in self.pre)
        return self.release, not self.pre, parts


@dataclass(frozen=True, slots=True)
class Range:
    """Versions of the CLI that are taken.

    Attributes:
        oldest: the first one.
        major: the only major version.
        seen: the newest one that was seen to work; newer ones are taken, and told.
        reason: why these.
    """

    oldest: Version
    major: int
    seen: Version
    reason: str

    def refusal(self, version: Version) -> str | None:
        """Say why a version is not taken; None if it is."""
        if version.release[0] > self.major:
            return f"{version} is of another major version than {self.major}, which nobody has tried"
        if version < self.oldest:
            return f"{version} is older than {self.oldest}, the oldest that was seen to run this program"
        return None


ACCEPTED: Final = Range(
    oldest=Version((3, 246, 0)),
    major=3,
    seen=Version((3, 260, 0)),
    reason=(
        "3.246.0 (built from Go modules) and 3.260.0 were seen to run the program and its in-tree provider with the "
        "pinned SDK, 3.260.0; within a major version Pulumi keeps newer CLIs working for older SDKs; a next major "
        "version may change the protocol between program and CLI"
    ),
)


@dataclass(frozen=True, slots=True)
class Release:
    """An official build that may be downloaded.

    Attributes:
        version: its version.
        sha256: of ``pulumi-v<version>-<platform>.tar.gz``, in hex, by platform; a platform without one is not
            downloaded.
        source: where the checksums come from.
    """

    version: str
    sha256: Mapping[str, str]
    source: str

    def file(self, platform: str) -> str:
        """Give the name of the download."""
        return f"pulumi-v{self.version}-{platform}.tar.gz"


OFFICIAL: Final = Release(
    version="3.259.0",
    sha256=MappingProxyType(
        {
            "linux-x64": "94ba357acac23d01474084c4b00098dc0f7bc70ce13f34c777459254a5f718e5",
            "linux-arm64": "edc8327463a72160bb36cf82cf5062da9c8a244290a706d9980988e7bf486853",
            "darwin-x64": "eaca4c3b8277bfa3ab061fa3b270d1c66358a0b2e613da8c5587a04b7226c534",
            "darwin-arm64": "57c27f179e527e2cf9f62b841a448af72a020e44b2fb4ee0d9bd85556c00c864",
        }
    ),
    source="pulumi/homebrew-tap, Formula/pulumi.rb for 3.259.0: Pulumi's own formula, written by its release pipeline",
)
"""The one official build that is downloaded. To raise it: take the four checksums from the formula of that version."""
