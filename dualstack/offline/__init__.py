"""The Pulumi program run in process, without an engine: what it registers, as plain data that holds no secret.

This is the only part of the core that imports Pulumi; nothing in ``dualstack`` imports it before it is needed.
"""

from __future__ import annotations

from dualstack.document.holes import UNKNOWN_WORD
from dualstack.offline.monitor import Answer, DuplicateUrnError, Question
from dualstack.offline.recording import Call, Recording, Resource
from dualstack.offline.redact import SECRET
from dualstack.offline.run import ProgramError, record

__all__ = [
    "SECRET",
    "UNKNOWN_WORD",
    "Answer",
    "Call",
    "DuplicateUrnError",
    "ProgramError",
    "Question",
    "Recording",
    "Resource",
    "record",
]
