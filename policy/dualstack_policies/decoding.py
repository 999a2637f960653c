"""The SDK decodes a resource anew for every policy; here it is decoded once.

Of a preview of 500 resources with every policy most of the time went there. What is remembered are answers of three
pure functions, by the identity of the object that they were asked about, for the versions of the SDK that this was
tested with; with any other the SDK stays as it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, Final

import pulumi_policy.policy
from google.protobuf import json_format  # type: ignore[import-untyped]

SDK: Final[Any] = pulumi_policy.policy
"""The module whose functions are replaced; it says of none that others may."""
TESTED: Final = frozenset({"1.21.0"})
MOST: Final = 2048
"""Resources that are remembered at one time in one thread: a stack policy walks through all of the stack's."""


class Remembered:
    """A pure function of one object that gives the same answer again for the same object."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Take the function."""
        self._function = function
        self._threads = threading.local()

    def __call__(self, given: Any, *more: Any, **named: Any) -> Any:
        """Answer; with further arguments, which say how, always anew."""
        if more or named:
            return self._function(given, *more, **named)
        known: OrderedDict[int, tuple[Any, Any]] = self._threads.__dict__.setdefault("known", OrderedDict())
        # The object is kept beside its answer: an id is free again when its object is gone.
        found = known.get(id(given))
        if found is not None and found[0] is given:
            return found[1]
        answer = self._function(given)
        known[id(given)] = (given, answer)
        while len(known) > MOST:
            known.popitem(last=False)
        return answer


def decode_once() -> bool:
    """Make the SDK decode each resource once; tell whether it is a version that this is for.

    No policy of ours changes what it validates. A remediation asks with an argument of its own, and gets a copy.
    """
    if version("pulumi_policy") not in TESTED:
        return False
    if not isinstance(SDK.deserialize_properties, Remembered):
        SDK.json_format = SimpleNamespace(
            MessageToDict=Remembered(json_format.MessageToDict), ParseDict=json_format.ParseDict
        )
        SDK.deserialize_properties = Remembered(SDK.deserialize_properties)
        SDK.unknown_checking_proxy = Remembered(SDK.unknown_checking_proxy)
    return True
