"""Which class serves which resource type.

A token stands in every state file: it never changes. Handlers are loaded when their type is first used.
"""

from __future__ import annotations

import functools
import importlib

from dualstack import tokens
from provider.frame.handler import Handler, ResourceError

HANDLERS: dict[str, str] = {
    tokens.RECORD_SET: "provider.dns.recordset:RecordSetHandler",
    tokens.POINTER: "provider.dns.pointer:PointerHandler",
    tokens.ANSWERS: "provider.dns.answers:AnswersHandler",
    tokens.DIRECTORY: "provider.image.image_directory:DirectoryHandler",
    tokens.BUILD: "provider.image.image_build:BuildHandler",
    tokens.INSTALLATION: "provider.host.installation:InstallationHandler",
    tokens.READY: "provider.host.ready:ReadyHandler",
}
"""``module:class`` by type token."""


@functools.cache
def handler(token: str) -> Handler:
    """Give the handler of a type.

    Raises:
        ResourceError: no type of ours.
    """
    if token not in HANDLERS:
        raise ResourceError(f"dualstack has no resource type {token}; it has {', '.join(HANDLERS)}")
    module, _, name = HANDLERS[token].partition(":")
    served: Handler = getattr(importlib.import_module(module), name)()
    return served
