"""What asking a living site needs beside the core: an extra of the distribution."""

from __future__ import annotations

import importlib.util
from typing import Final

from dualstack.errors import InputError

_ASKING: Final = ("dns", "cryptography", "asyncssh", "urllib3", "socks")


def need_packages(what: str, otherwise: str = "") -> None:
    """See that sites can be asked, before anything is done.

    Args:
        what: the command, or the option, that asks.
        otherwise: what to do without them; nothing where empty.

    Raises:
        InputError: a package is missing.
    """
    for module in _ASKING:
        if importlib.util.find_spec(module) is None:
            fix = f"install dualstack[verify]{f', or {otherwise}' if otherwise else ''}"
            raise InputError(f"{what} needs the Python package that holds {module}", fix=fix)
