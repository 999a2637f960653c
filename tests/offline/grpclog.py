"""What the engine itself logged, read as a recording, so that the two can be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dualstack.offline.recording import Recording, Registration, resources_from
from dualstack.offline.redact import plain
from dualstack.tokens import STACK

_MONITOR = "/pulumirpc.ResourceMonitor/"


def parse_grpc_log(path: Path) -> Recording:
    """Reads the log that a CLI run with ``PULUMI_DEBUG_GRPC=<path>`` leaves behind.

    The log holds secrets in clear: keep it in a private, temporary place.

    Args:
        path: JSON lines, one or two for each call, as ``sdk/go/common/util/rpcdebug`` writes them.

    Returns:
        The program's resources and exports. Other than in a recording, the order is by URN where dependencies leave a
        choice, and there are no events, messages and calls. Default providers are the engine's own and not in it.

    Raises:
        ValueError: a line is not JSON, or the log has no stack.
    """
    registrations: dict[str, Registration] = {}
    outputs: dict[str, Any] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: not a line of JSON: {error}") from error
            request, response = entry.get("request") or {}, entry.get("response") or {}
            if entry.get("method") == f"{_MONITOR}RegisterResource" and response.get("urn"):
                registrations[response["urn"]] = Registration(response["urn"], request)
            elif entry.get("method") == f"{_MONITOR}RegisterResourceOutputs":
                outputs[request["urn"]] = request.get("outputs") or {}
    stacks = [urn for urn, one in registrations.items() if one.request["type"] == STACK]
    if len(stacks) != 1:
        raise ValueError(f"{path}: {len(stacks)} stacks were registered, one was expected")
    exports = plain(outputs.pop(stacks[0], {}))
    return Recording(resources=resources_from(registrations.values(), outputs, stacks[0]), outputs=exports)
