"""Machines behind BMCs, run as ``python -m tests.lab.machines JSON``: each answers once it was started from its drive.

JSON is a list of ``{url, system, user, password, address, port}``. A line is printed for each that answers, with what
was in its drive.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import time
import urllib.request
from typing import Any


def ask(machine: dict[str, Any], path: str) -> dict[str, Any]:
    """Ask a machine's BMC."""
    login = base64.b64encode(f"{machine['user']}:{machine['password']}".encode()).decode()
    request = urllib.request.Request(machine["url"] + path, headers={"Authorization": f"Basic {login}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def main() -> None:
    """Watch the BMCs until killed."""
    waiting: list[dict[str, Any]] = json.loads(sys.argv[1])
    listening = []
    while True:
        for machine in list(waiting):
            drive = ask(machine, f"{machine['system']}/VirtualMedia/Cd")
            if drive["Inserted"] and ask(machine, machine["system"])["PowerState"] == "On":
                family = socket.AF_INET6 if ":" in machine["address"] else socket.AF_INET
                listening.append(socket.create_server((machine["address"], machine["port"]), family=family))
                waiting.remove(machine)
                print(json.dumps({"address": machine["address"], "image": drive["Image"]}), flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
