"""One login, one command that only reads, and what it says as data."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncssh

STAMP: Final = "/etc/dualstack/site.json"
CERTIFICATES: Final = ("/var/lib/rancher/rke2/server/tls/*.crt", "/var/lib/rancher/rke2/agent/*.crt")
"""What RKE2 makes: certificates of servers and clients, and their authorities (docs.rke2.io, security/certificates)."""
_READ: Final = rf"""
put() {{ name=$1; shift
  if out=$("$@" 2>&1); then code=0; else code=$?; fi
  printf '%s %s ' "$name" "$code"; printf %s "$out" | base64 | tr -d '\n'; echo; }}
put clock date +%s.%N
put host cat /proc/sys/kernel/hostname
put stamp cat {STAMP}
put addresses ip -d -j address
put ipv4 ip -j -4 route show table all
put ipv6 ip -j -6 route show table all
put resolvers cat /etc/resolv.conf
put synchronized timedatectl show --property=NTPSynchronized --value
for file in {" ".join(CERTIFICATES)}; do if [ -e "$file" ]; then put "crt:$file" cat "$file"; fi; done
put user id -u
"""
SCRIPT: Final = f"""export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
script=$(cat <<'END'{_READ}END
)
if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then sudo -n sh -c "$script"; else sh -c "$script"; fi
"""
"""Writes nothing. Root's files are read by ``sudo`` where that asks for no password."""


_SHOWN: Final = 200
_MOST: Final = 4 << 20
"""Characters that are read: thousands of routes and a hundred certificates are a tenth of it."""


@dataclass(frozen=True)
class Reading:
    """What a machine said.

    Attributes:
        texts: by name, of what could be read.
        failures: why not, of the rest.
        asked: Unix time here, in the middle of asking.
        seconds: how long that took, half of which is what the clock may be wrong by.
    """

    texts: Mapping[str, str]
    failures: Mapping[str, str] = field(default_factory=dict)
    asked: float = 0.0
    seconds: float = 0.0

    @property
    def root(self) -> bool:
        """Whether it was read as root."""
        return self.texts.get("user", "").strip() == "0"

    def data(self, name: str) -> Any:
        """Give JSON.

        Raises:
            ValueError: there is none.
        """
        if name not in self.texts:
            raise ValueError(self.failures.get(name, "it did not say"))
        try:
            return json.loads(self.texts[name])
        except (json.JSONDecodeError, RecursionError):
            raise ValueError("what it said is no JSON") from None


async def read(connection: asyncssh.SSHClientConnection, seconds: float) -> Reading:
    """Read a machine.

    Raises:
        TimeoutError: it did not end in time.
        asyncssh.Error: the connection broke, or no command may be run.
        ValueError: what came is not what the command says, such as where a login runs another one.
    """
    import asyncssh

    wall, start = time.time(), time.monotonic()
    async with asyncio.timeout(seconds):
        process = await connection.create_process("sh", stderr=asyncssh.DEVNULL)
        process.stdin.write(SCRIPT)
        process.stdin.write_eof()
        said = ""
        while len(said) < _MOST and (more := await process.stdout.read(_MOST - len(said))):
            said += more
        process.close()
    took = time.monotonic() - start
    return parsed(said, wall + took / 2, took)


def parsed(said: str, asked: float = 0.0, seconds: float = 0.0) -> Reading:
    """Take apart what the command said.

    Raises:
        ValueError: that is something else.
    """
    texts: dict[str, str] = {}
    failures: dict[str, str] = {}
    for line in said.splitlines():
        name, _, rest = line.partition(" ")
        code, _, encoded = rest.partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode(errors="replace")
            if int(code) == 0:
                texts[name] = text
            else:
                # It is shown to people, and the machine may be anybody's.
                failures[name] = ascii(text.strip())[1:-1][:_SHOWN]
        except (binascii.Error, ValueError):
            continue
    if "user" not in texts:
        raise ValueError("a login there runs another command than the one that was asked for, or its shell is no sh")
    return Reading(texts, failures, asked, seconds)
