"""A real BIND at the site's resolvers' own addresses, with the zones that the plan's records need."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dualstack.plan.model import DnsRecord
from tests.lab.tools import needed


class Names:
    """The server, for ``with``; ``serve`` starts it anew with other records."""

    def __init__(
        self, folder: Path, inside: Sequence[str], addresses: Sequence[str], records: Sequence[DnsRecord]
    ) -> None:
        self._binary = needed("named")
        self._folder, self._inside, self._addresses = folder, inside, addresses
        self.records = list(records)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    def __enter__(self) -> Names:
        self.serve(self.records)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self, records: Sequence[DnsRecord]) -> None:
        """Start with these records."""
        self.stop()
        zones = {record.zone for record in self.records}
        for zone in zones:
            own = "".join(f"{one.name}. {one.type} {_value(one)}\n" for one in records if one.zone == zone)
            head = "$TTL 300\n@ IN SOA ns.invalid. root.invalid. 1 3600 600 86400 300\n@ IN NS ns.invalid.\n"
            (self._folder / f"{zone}.zone").write_text(head + own)
        four = [address for address in self._addresses if ":" not in address]
        six = [address for address in self._addresses if ":" in address]
        text = (
            f'options {{ directory "{self._folder}"; listen-on {{ {"; ".join(four)}; }}; '
            f"listen-on-v6 {{ {'; '.join(six)}; }}; pid-file none; lock-file none; session-keyfile none; "
            f'managed-keys-directory "{self._folder}"; recursion no; dnssec-validation no; notify no; }};\n'
            "controls { };\n"
        )
        text += "".join(f'zone "{zone}" {{ type primary; file "{zone}.zone"; }};\n' for zone in sorted(zones))
        (self._folder / "named.conf").write_text(text)
        log = self._folder / "log"
        command = [*self._inside, str(self._binary), "-g", "-n", "1", "-c", str(self._folder / "named.conf")]
        with log.open("wb") as stream:
            self._process = subprocess.Popen(command, stdout=stream, stderr=stream)
        end = time.monotonic() + 20
        while " running\n" not in log.read_text():
            assert self._process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None


def _value(record: DnsRecord) -> str:
    return f"{record.value}." if record.type == "PTR" else record.value
