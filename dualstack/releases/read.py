"""Checks what a file of the catalogue says; by hand, for a pydantic model would cost each start ten milliseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypeVar, get_args

from dualstack.errors import InputError
from dualstack.releases.model import (
    CHARTS,
    REQUIRED,
    ChartRelease,
    IngressValues,
    Release,
    Repository,
    Support,
    TrustedCasKey,
)
from dualstack.releases.versions import kubernetes_minor, rancher_below

PATCH: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
"""How a site pins one patch (z-stream) of a release."""
_RKE2: Final = re.compile(r"v1\.[0-9]+\.[0-9]+\+rke2r[0-9]+")
_ANY: Final = re.compile(r".+")
_NEEDED: Final = object()
T = TypeVar("T")


class _Part:
    """A mapping of the file; what is wrong with it is noted, and something of the right type returned for it."""

    def __init__(self, data: Any, path: str, told: list[str]) -> None:
        self._data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self._path, self._told = path, told
        self._asked: set[str] = set()
        if not isinstance(data, Mapping):
            told.append(f"{path or 'the file'}: not a mapping")

    def wrong(self, key: str, why: str) -> None:
        """Note what is wrong with a value."""
        self._told.append(f"{self._path}.{key}: {why}" if self._path else f"{key}: {why}")

    def _get(self, key: str, kind: type[T], default: Any, why: str) -> T:
        self._asked.add(key)
        value = self._data.get(key, default)
        if value is _NEEDED:
            self.wrong(key, "missing")
        elif value is not default and not isinstance(value, kind):
            self.wrong(key, why)
        else:
            found: T = value
            return found
        return kind()

    def text(self, key: str, form: re.Pattern[str] = _ANY, default: Any = _NEEDED) -> str:
        """Return a text of some form."""
        value = self._get(key, str, default, "not a text")
        if key in self._data and isinstance(self._data[key], str) and not form.fullmatch(value):
            self.wrong(key, f"{value!r} has not the form {form.pattern}")
        return value

    def word(self, key: str, words: tuple[str, ...]) -> Any:
        """Return one of some words."""
        value = self.text(key)
        if key in self._data and value not in words:
            self.wrong(key, f"none of {', '.join(words)}")
        return value

    def flag(self, key: str, default: Any = _NEEDED) -> bool:
        """Return true or false."""
        return self._get(key, bool, default, "neither true nor false")

    def day(self, key: str) -> date | None:
        """Return a day, or None where there is none."""
        value = self._get(key, str, None, "no date in quotes")
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.wrong(key, f"{value!r} is no date")
        return None

    def items(self, key: str, default: Any = _NEEDED) -> list[Any]:
        """Return a list."""
        return self._get(key, list, default, "not a list")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, which may be absent."""
        found = self.items(key, default=[])
        if not all(isinstance(item, str) for item in found):
            self.wrong(key, "not a list of texts")
        return tuple(map(str, found))

    def part(self, key: str, default: Any = _NEEDED) -> _Part:
        """Return a mapping."""
        return _Part(self._get(key, dict, default, "not a mapping"), self._below(key), self._told)

    def entries(self, key: str) -> list[_Part]:
        """Return the mappings of a list."""
        return [_Part(item, f"{self._below(key)}[{index}]", self._told) for index, item in enumerate(self.items(key))]

    def names(self) -> list[str]:
        """Return every key."""
        return list(map(str, self._data))

    def done(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self.names():
            if key not in self._asked:
                self.wrong(key, "unknown")

    def _below(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def checked(data: Mapping[str, Any], file: str, name: str) -> Release:
    """Check what a file says.

    Args:
        data: its mapping.
        file: its name as shown to people.
        name: the release as the site says it.

    Raises:
        InputError: something is missing or wrong; all of that at once. Half a release would be planned like a whole.
    """
    told: list[str] = []
    top = _Part(data, "", told)
    release = Release(
        name=name,
        version=top.text("release", PATCH),
        kubernetes=top.text("kubernetes", _RKE2),
        eib=top.text("eib"),
        eib_container=top.text("eibContainer"),
        eib_api=top.text("eibApi"),
        base_image=_pattern(top),
        charts=_charts(top),
        trusted_cas_key=top.word("trustedCasKey", get_args(TrustedCasKey)),
        ingress_controller=_controller(top),
        ingress_values=top.word("ingressValues", get_args(IngressValues)),
        tmpfs_cni=top.flag("tmpfsCni"),
        embedded_capi=top.flag("embeddedCapi", default=False),
        old_bmc_schemes=top.texts("oldBmcSchemes"),
        support=_support(top),
    )
    top.done()
    _pair(top, release)
    if told:
        fix = "a release is taken only whole: mend it from the vendor's release notes"
        raise InputError("; ".join(told), file=file, fix=fix)
    return release


def _pair(top: _Part, release: Release) -> None:
    """Note a Rancher that Helm would refuse on the release's own Kubernetes: no site could have both."""
    for chart in release.charts:
        below = rancher_below(chart.version) if chart.key == "rancher" else None
        if below is not None and (kubernetes_minor(release.kubernetes) or 0) >= below:
            top.wrong("kubernetes", f"Rancher {chart.version} wants one below 1.{below}, not {release.kubernetes}")


def _pattern(top: _Part) -> str:
    pattern = top.text("baseImage")
    for word in ("{arch}", "{kind}") if pattern else ():
        if word not in pattern:
            top.wrong("baseImage", f"has no {word}")
    return pattern


def _controller(top: _Part) -> str | None:
    found = top.text("ingressController", default=None) if "ingressController" in top.names() else ""
    if found == "":
        top.wrong("ingressController", "missing or empty (null where the release chooses none)")
    return found


def _support(top: _Part) -> Support:
    part = top.part("support", default={})
    support = Support(full=part.day("full"), end=part.day("end"))
    part.done()
    return support


def _repositories(top: _Part) -> dict[str, Repository]:
    found: dict[str, Repository] = {}
    several = top.part("repositories")
    for name in several.names():
        part = several.part(name)
        found[name] = Repository(name, part.text("url"), part.flag("login", default=False))
        part.done()
    return found


def _charts(top: _Part) -> tuple[ChartRelease, ...]:
    repositories = _repositories(top)
    charts: list[ChartRelease] = []
    for part in top.entries("charts"):
        named = part.text("repository")
        if named and named not in repositories:
            part.wrong("repository", f"repositories has no {named}")
        charts.append(
            ChartRelease(
                key=part.word("key", CHARTS),
                chart=part.text("chart"),
                version=part.text("version"),
                repository=repositories.get(named, Repository(named, "")),
                namespace=part.text("namespace"),
                release_name=part.text("releaseName", default=""),
            )
        )
        part.done()
    have = [chart.key for chart in charts]
    if missing := [key for key in CHARTS if key in REQUIRED and key not in have]:
        top.wrong("charts", f"no {', no '.join(missing)}")
    names = [chart.name for chart in charts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        top.wrong("charts", f"two of the name {twice[0]}")
    return tuple(charts)
