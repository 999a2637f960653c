"""The place of the walk: four machines behind BMCs of both families, their link, and where an administrator sits."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests import PROJECT
from tests.lab import bmc as bmcs
from tests.lab.certificates import certificate
from tests.truth.walk.machines import Rack
from tests.verify.whole.site import RESOLVERS
from tests.verify.whole.spaces import Spaces

BMCS = ("fd00:200::21", "fd00:200::22", "192.168.200.23", "fd00:200::24")
PLACES = ("rack1", "rack2", "rack3", "rack4")
MACS = tuple(f"34:8a:b1:4b:77:0{number}" for number in (1, 2, 3, 4))


class Lab:
    """It, for ``with``; the fourth machine is a spare one."""

    def __init__(self, folder: Path) -> None:
        """Make nothing yet."""
        self.folder = folder
        self.spaces = Spaces(PLACES)
        self.inside = self.spaces.inside("hub")
        self.rack = Rack(self.spaces, folder / "machines")
        self.bmcs: list[bmcs.Bmc] = []
        self.pins = [certificate(folder / f"bmc{number}", address, days=200) for number, address in enumerate(BMCS)]
        self.told: list[tuple[str, str, str]] = []
        """Machine, URL in its drive, and what became of it, as they are started."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.spaces)
            stack.callback(self._silence)
            for address, length in zip(RESOLVERS, (24, 64), strict=True):
                self.spaces.address("hub", address, length, "lan")
            for number, (place, address) in enumerate(zip(PLACES, BMCS, strict=True)):
                self.spaces.plug(place, MACS[number])
                self.spaces.address("hub", address, 128 if ":" in address else 32, "lan")
                self.bmcs.append(self.bmc(number))
            stack.callback(self.rack.stop)
            self.answering()
            self._watch(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _silence(self) -> None:
        for bmc in self.bmcs:
            bmc.stop()

    def bmc(self, number: int) -> bmcs.Bmc:
        """Start a BMC."""
        where, pin = self.folder / f"bmc{number}", self.pins[number]
        tls = (pin.certificate, pin.key, pin.fingerprint)
        return bmcs.started(where, BMCS[number], 443, tls=tls, prefix=self.inside, mac=MACS[number])

    def run(self, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run something where the administrator is."""
        return subprocess.run([*self.inside, *command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]

    def answering(self) -> None:
        """Wait until all BMCs answer."""
        end = time.monotonic() + 60
        for bmc in self.bmcs:
            while self.run("curl", "--silent", "--insecure", "--noproxy", "*", f"{bmc.url}/redfish/v1/").returncode:
                assert time.monotonic() < end, "the BMCs do not start"
                time.sleep(0.2)

    def _watch(self, stack: ExitStack) -> None:
        machines = [
            {"url": bmc.url, "system": bmc.system, "user": bmcs.USER, "password": bmcs.PASSWORD, "address": place}
            for bmc, place in zip(self.bmcs, PLACES, strict=True)
        ]
        command = [*self.inside, sys.executable, "-m", "tests.lab.machines", json.dumps(machines)]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        thread = threading.Thread(target=self._boot, args=(process,), daemon=True)
        thread.start()

        def end() -> None:
            process.kill()
            thread.join(20)
            process.communicate(timeout=20)

        stack.callback(end)

    def _boot(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            seen = json.loads(line)
            place = seen["address"]
            number = PLACES.index(place)
            file = max((self.folder / f"bmc{number}").rglob("*.iso"), key=lambda path: path.stat().st_mtime_ns)
            try:
                became = self.rack.boot(place, MACS[number], file)
            except Exception as error:  # told to the test, which waits for it
                became = f"{type(error).__name__}: {error}"
            self.told.append((place, seen["image"], became))
