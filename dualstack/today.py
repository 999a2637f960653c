"""Which day it is: the one place, so that an answer that depends on it can be had for any day."""

from __future__ import annotations

import os
from datetime import date
from typing import Final

from dualstack.errors import InputError

VARIABLE: Final = "DUALSTACK_TODAY"


def today() -> date:
    """Return today's date, or the one that the environment says, as YYYY-MM-DD.

    Raises:
        InputError: what the environment says is no date.
    """
    said = os.environ.get(VARIABLE)
    if not said:
        return date.today()
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise InputError(f"{VARIABLE} is no date", fix="write it as YYYY-MM-DD, or unset it") from None
