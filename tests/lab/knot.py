"""A real Knot DNS in BIND's place: the same zones, keys and grants."""

from __future__ import annotations

from pathlib import Path

from tests.lab.bind import ADMIN, CLOSED, GRANTS, KEYS, OPEN, OTHER, REVERSE4, REVERSE6, SITE, Bind


class Knot(Bind):
    """One server."""

    program = "knotd"

    def _command(self) -> list[str | Path]:
        return [self.binary, "-c", self.folder / "named.conf"]

    def _config(self) -> str:
        algorithms = {**KEYS, ADMIN: "hmac-sha256"}
        lines = [
            "server:",
            f"    listen: [ 127.0.0.1@{self.port}, ::1@{self.port} ]",
            f"    rundir: {self.folder}",
            "    background-workers: 1",
            "    udp-workers: 1",
            "    tcp-workers: 2",
            "log:",
            "  - target: stderr",
            "    any: info",
            "database:",
            f"    storage: {self.folder}",
            "    journal-db-max-size: 8M",
            "    kasp-db-max-size: 8M",
            "    timer-db-max-size: 8M",
            "key:",
        ]
        for name, secret in self.secrets.items():
            lines += [f"  - id: {name}", f"    algorithm: {algorithms[name]}", f"    secret: {secret}"]
        lines.append("acl:")
        for name in self.secrets:
            lines += [f"  - id: by-{name}", f"    key: {name}", "    action: update"]
        lines += ["  - id: by-anybody", "    address: [ 127.0.0.0/8, ::1 ]", "    action: update", "zone:"]
        for zone in (SITE, OTHER, CLOSED, OPEN, REVERSE4, REVERSE6):
            granted = [] if zone == CLOSED else [f"by-{key}" for key in (*GRANTS.get(zone, ()), ADMIN)]
            granted += ["by-anybody"] if zone == OPEN else []
            lines += [f"  - domain: {zone}", f"    storage: {self.folder}", f"    file: {zone}.zone"]
            lines += ["    zonefile-sync: -1", *([f"    acl: [ {', '.join(granted)} ]"] if granted else [])]
        return "\n".join(lines) + "\n"
