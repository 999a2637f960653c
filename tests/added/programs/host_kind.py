"""An invented hypervisor, proxmox, everywhere where hosts are."""

from __future__ import annotations

from typing import Any

from dualstack.answer.docs import pages
from dualstack.cli.deploy import needs_plugins
from dualstack.day2 import Edited, Setting, Word, consequence
from dualstack.policies import config_of, judge, recorded
from tests import PROJECT
from tests.components.support import run
from tests.several import several
from tests.sites import checked, found, mapping, told

HOST: dict[str, Any] = {"kind": "proxmox", "proxmox": {"node": "pve-1"}}
SITE = mapping(host=HOST, image={"build": "local"})
plan = checked(SITE).plan
assert plan is not None
assert told(SITE) == []
assert needs_plugins(plan)
(unused,) = found(mapping(host={**HOST, "kind": "existing"}), "DS339")
assert unused.path == ("host", "proxmox")
assert found(mapping(host={**HOST, "libvirt": {"vcpus": 4}}), "DS136")

recording = run(SITE, preview=False)
(provider,) = recording.of_type("pulumi:providers:proxmoxve")
(machine,) = recording.of_type("proxmoxve:index:Machine")
assert machine.inputs["node"] == "pve-1"
ready = recording.one("dualstack:host:Ready")
assert ready.options["deletedWith"] == machine.urn
verdict = judge(recorded(recording), config_of(checked(SITE)))
assert [one.policy.id for one in verdict.violations if one.level != "info"] == []

setting = Setting("paris", SITE)
assert setting.built
assert consequence(setting, Edited(("host", "proxmox", "node"), "pve-1", "pve-2")).word is Word.REBUILD
grown = Setting("lyon", several(host=HOST))
less = Setting("lyon", {**grown.source, "nodes": grown.source["nodes"][:2]})
joined = consequence(grown, Edited(("nodes", "mgmt-3", "name"), None, "mgmt-3"), less)
assert (joined.word, joined.up, "makes its VM" in joined.how) == (Word.JOIN, True, True)
assert "host on libvirt or proxmox" in pages()["day2.md"]
assert "`proxmox`" in pages()["fields.md"]
print(PROJECT)
