"""``dualstack dns``: the records for a DNS team that takes requests."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from itertools import groupby
from typing import Final

from dualstack.check.checked import Checked
from dualstack.cli.common import DnsFormat, print_json
from dualstack.plan.model import DnsRecord, Plan


def _by_zone(records: tuple[DnsRecord, ...]) -> list[tuple[str, list[DnsRecord]]]:
    ordered = sorted(records, key=lambda record: (record.zone.endswith(".arpa"), record.zone))
    return [(zone, list(items)) for zone, items in groupby(ordered, key=lambda record: record.zone)]


def zone_text(plan: Plan) -> str:
    """Give the records in master file format (RFC 1035, section 5), names absolute, a comment before each zone."""
    lines: list[str] = []
    for zone, records in _by_zone(plan.dns):
        lines.append(f"; zone {zone}")
        lines += [f"{record.name}.\t{record.ttl}\tIN\t{record.type}\t{record.data}" for record in records]
    return "\n".join(lines)


def nsupdate_text(plan: Plan) -> str:
    """Give the records as input of nsupdate, one update a zone: A and AAAA of a name change together.

    Old data of the same name and type is removed in the same update, so that running it twice changes nothing.
    """
    servers = {zone.name.rstrip("."): zone for zone in plan.site.dns.zones}
    lines: list[str] = []
    for zone, records in _by_zone(plan.dns):
        known = servers.get(zone)
        if known is not None and known.server:
            lines.append(f"server {known.server} {known.port}")
        lines.append(f"zone {zone}.")
        for record in records:
            lines.append(f"update delete {record.name}. {record.type}")
        for record in records:
            lines.append(f"update add {record.name}. {record.ttl} {record.type} {record.data}")
        lines.append("send")
    return "\n".join(lines)


def csv_text(plan: Plan) -> str:
    """Give the records as CSV with a header line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["name", "type", "value", "zone", "ttl"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(record) for record in plan.dns)
    return text.getvalue().rstrip("\n")


def hosts_text(plan: Plan) -> str:
    """Give the addresses as lines of /etc/hosts: A and AAAA, each address once with all its names."""
    names: dict[str, list[str]] = {}
    for record in plan.dns:
        if record.forward:
            known = names.setdefault(record.value, [])
            known += [record.name] if record.name not in known else []
    return "\n".join(f"{address}\t{' '.join(found)}" for address, found in names.items())


_TEXTS: Final = {
    DnsFormat.ZONE: (zone_text, "; "),
    DnsFormat.NSUPDATE: (nsupdate_text, "; "),
    DnsFormat.HOSTS: (hosts_text, "# "),
    DnsFormat.CSV: (csv_text, None),
}
"""What makes the text of each format, and how a comment begins in it."""


def show_records(checked: Checked, output: DnsFormat) -> None:
    """Print the records of a site."""
    plan = checked.plan
    if plan is None:
        return
    if output is DnsFormat.JSON:
        print_json({"version": 1, "site": checked.name, "dns": [asdict(record) for record in plan.dns]})
        return
    text, comment = _TEXTS[output]
    if not plan.dns and comment is not None:
        print(f"{comment}{checked.name} needs no records: it is known by addresses and by a name under sslip.io")
    else:
        print(text(plan))
