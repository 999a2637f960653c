"""An invented backend of records, etcd, everywhere where records are."""

from __future__ import annotations

from dualstack.answer.docs import pages
from dualstack.day2 import Edited, Setting, Word, consequence
from dualstack.policies import config_of, judge, recorded
from tests import PROJECT
from tests.components.support import run
from tests.sites import FQDN, checked, found, mapping, told

SITE = mapping("hostname", dns={"backend": "etcd"})
assert told(SITE) == []
# Who writes records must know the addresses; who only asks others may not.
nic = SITE["nodes"][0]["interfaces"][0]
leased = {**SITE, "nodes": [{"name": "mgmt-1", "interfaces": [{**nic, "ipv6": {"dhcp": True}}]}]}
assert {one.severity for one in found(leased, "DS083")} == {"error"}
assert {one.severity for one in found({**leased, "dns": {**leased["dns"], "backend": "existing"}}, "DS083")} == {
    "warning"
}

recording = run(SITE, preview=False)
keys = recording.of_type("etcd:index:Key")
assert [one.inputs["key"] for one in keys] == [f"/dns/{FQDN}"]
assert keys[0].inputs["values"] == ["192.168.100.10", "fd00:100::10"]
assert keys[0].parent == recording.one("dualstack:index:ManagementDns").urn
verdict = judge(recorded(recording), config_of(checked(SITE)))
assert [one.policy.id for one in verdict.violations if one.level != "info"] == []

setting = Setting("paris", SITE)
assert consequence(setting, Edited(("dns", "ttl"), 60, 600)).word is Word.LIVE
assert consequence(setting, Edited(("dns", "zones", 0, "port"), 53, 54)).word is Word.NOTHING
assert "`dns.backend: rfc2136` or `dns.backend: etcd`" in pages()["day2.md"]
assert "etcd" in pages()["fields.md"]
print(PROJECT)
