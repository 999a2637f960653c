"""Machines behind BMCs, run as ``python -m tests.lab.machines JSON``: each answers once it was started from its drive.

JSON is a list of ``{url, system, user, password, address, port}``. A line is printed for each that was started, with
what was in its drive; without a ``port`` nothing of ours answers then. A BMC that is away is asked again.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import sys
import time
import urllib.request
from typing import Any


def ask(machine: dict[str, Any], path: str) -> dict[str, Any]:
    """Ask a machine's BMC."""
    login = base64.b64encode(f"{machine['user']}:{machine['password']}".encode()).decode()
    request = urllib.request.Request(machine["url"] + path, headers={"Authorization": f"Basic {login}"})
    # Whoever a machine's own BMC is, is no question here.
    context = ssl._create_unverified_context() if machine["url"].startswith("https") else None
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def started_from(machine: dict[str, Any]) -> str | None:
    """Give the URL in the drive of a machine that is on; None before that, and while its BMC is away."""
    try:
        drive = ask(machine, f"{machine['system']}/VirtualMedia/Cd")
        on = drive["Inserted"] and ask(machine, machine["system"])["PowerState"] == "On"
    except OSError:
        return None
    return str(drive["Image"]) if on else None


def main() -> None:
    """Watch the BMCs until killed."""
    waiting: list[dict[str, Any]] = json.loads(sys.argv[1])
    listening = []
    while True:
        for machine in list(waiting):
            image = started_from(machine)
            if image is None:
                continue
            if "port" in machine:
                family = socket.AF_INET6 if ":" in machine["address"] else socket.AF_INET
                listening.append(socket.create_server((machine["address"], machine["port"]), family=family))
            waiting.remove(machine)
            print(json.dumps({"address": machine["address"], "image": image}), flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
