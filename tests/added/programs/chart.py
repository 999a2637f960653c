"""A chart that one invented release has, kubewarden, everywhere where charts are."""

from __future__ import annotations

from typing import Any

from dualstack.answer.docs import pages
from dualstack.day2 import Edited, Setting, Word, consequence
from dualstack.eib import build_tree
from dualstack.policies import config_of, judge, recorded
from dualstack.verify.cluster.checks import PARTS, look
from dualstack.verify.cluster.live import from_objects
from dualstack.verify.cluster.view import View
from tests import PROJECT
from tests.components.support import run
from tests.sites import checked, found, mapping, told
from tests.verify.cluster import healthy, sites

OWN: dict[str, Any] = {"charts": {"kubewarden": {"values": {"replicas": 2}}}}
OLD, NEW = mapping(**OWN), mapping(release="9.9", **OWN)

plan = checked(NEW).plan
assert plan is not None
assert told(NEW) == []
chart = plan.charts[-1]
assert (chart.key, chart.name, chart.depends_on) == ("kubewarden", "kubewarden-controller", ("neuvector",))
assert (chart.values["replicas"], chart.computed["replicas"]) == (2, 1)
(note,) = found(NEW, "DS128")
assert note.path == ("charts", "kubewarden", "values", "replicas")
assert not found(mapping(release="9.9", charts={"kubewarden": {"enabled": False}}), "DS330")

# A release without it goes on as before.
assert told(mapping()) == []
(warning,) = found(OLD, "DS330")
assert warning.path == ("charts", "kubewarden")
(unknown,) = [one for one in checked(mapping(charts={"kubewardn": {}})).findings if one.severity == "error"]
assert unknown.fix == "rename it to kubewarden", unknown.fix

files = build_tree(plan).files
assert "kubernetes/helm/values/kubewarden-controller.yaml" in files
assert "kubewarden-controller" in files["definition.yaml"].text

recording = run(mapping(release="9.9", delivery="pulumi", **OWN), preview=False)
(release,) = [one for one in recording.of_type("kubernetes:helm.sh/v3:Release") if "kubewarden" in one.name]
assert (release.inputs["namespace"], release.inputs["version"]) == ("kubewarden", "1.2.3")
verdict = judge(recorded(recording), config_of(checked(NEW)))
assert [one.policy.id for one in verdict.violations if one.level != "info"] == []

asked = Edited(("charts", "kubewarden", "version"), "1.2.3", "1.2.4")
assert consequence(Setting("paris", NEW), asked).word is Word.BY_HAND

objects = healthy.cluster(plan)
for lost in (False, True):
    there = [one for one in objects if not lost or "kubewarden" not in str(one["metadata"])]
    results = [one for part in PARTS for one in look(part, View(from_objects(there), plan, frozenset(), healthy.NOW))]
    assert any("kubewarden" in one.at for one in sites.wrong(results)) is lost

assert "`kubewarden`" in pages()["fields.md"]
assert "9.9" in pages()["fields.md"]
print(PROJECT)
