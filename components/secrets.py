"""A site's secrets, by config key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Secrets:
    """What reads them: always as a secret, whatever they were given as.

    Attributes:
        values: by config key, such as ``rancherBootstrapPassword``.
        give: words by which whoever runs the program gives a key that is missing.
    """

    values: Mapping[str, pulumi.Input[str]]
    give: Callable[[str], str]

    def __call__(self, key: str) -> pulumi.Output[str] | None:
        """Give a secret; None where there is none of that key."""
        value = self.values.get(key)
        return None if value is None else pulumi.Output.secret(value)
