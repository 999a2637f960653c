"""What a site's own keys of server.yaml say, as RKE2 will read them; no rule of its own."""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.document.findings import At
from dualstack.document.origins import Path
from dualstack.rules.blame import as_text
from dualstack.site import Site


def own_values(site: Site, key: str) -> Iterator[At[object]]:
    """Give the site's own values at a key, and those that the key with a plus adds: one, or the items of a list."""
    for name in (key, f"{key}+"):
        value = site.cluster.server.get(name)
        path: Path = ("cluster", "server", name)
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield At((*path, index), item)
        elif value is not None:
            yield At(path, value)


def own_words(site: Site, key: str) -> Iterator[At[str]]:
    """Give them as RKE2 reads lists of words: every text is split at its commas."""
    for item in own_values(site, key):
        for word in as_text(item.value).split(","):
            yield At(item.path, word.strip())


def switched_on(site: Site, key: str) -> bool:
    """Tell whether a key is set to what RKE2 takes for true (Go's ``strconv.ParseBool``)."""
    return any(str(item.value).lower() in ("true", "t", "1") for item in own_values(site, key))
