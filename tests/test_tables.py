"""Tables that a new field, command, resource type or check has to be put into by hand: each is whole, or says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

import pytest
from pydantic.fields import FieldInfo

from dualstack.check.causes import CAUSES
from dualstack.check.checked import check_site
from dualstack.cli.new import _FLAGS
from dualstack.cli.words import OURS
from dualstack.day2.paths import model_fields
from dualstack.day2.words import MEANING
from dualstack.day2.words import Word as Day2
from dualstack.diff import kinds, sections
from dualstack.document.frozen import Secret, thaw
from dualstack.document.hiding import names_a_secret
from dualstack.document.merge import overlay
from dualstack.document.origins import format_path
from dualstack.eib import build_tree
from dualstack.eib.stamp import _FOLDERS
from dualstack.plan import make_plan
from dualstack.plan.model import DnsType, Plan
from dualstack.policies.catalogue import all_policies
from dualstack.releases import CHARTS, RELEASES
from dualstack.rules import all_rules
from dualstack.rules.blame import leaves
from dualstack.rules.chart import override_values as overrides
from dualstack.rules.site.site_form import _KNOWN_AS
from dualstack.site import Site
from dualstack.site.base import _no_secret
from dualstack.verify.cluster import policy
from dualstack.verify.cluster.checks import PARTS, look
from dualstack.verify.cluster.live import from_objects
from dualstack.verify.cluster.reads import READS
from dualstack.verify.cluster.view import View
from dualstack.verify.machine.stamps import PLACES
from dualstack.verify.model import Kind
from dualstack.verify.names import _BREAKS
from provider.frame.handlers import HANDLERS
from tests import PROJECT
from tests.cli.test_commands import all_commands
from tests.day2.changes import CHANGES, SITE, NoFiles, changed, place_of
from tests.several import several
from tests.sites import FQDN, SECRETS, put, resolved
from tests.verify.cluster import healthy

_ABOUT_ALL: Final = ("release", "mode", "schema", "extends", "nodeDefaults.", "rules.")
"""Fields whose change is no change of one value, or reaches a site by way of others."""
VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "address": {},
    "hostname": {"mode": "hostname", "provisioning": {"hostname": FQDN}},
    "several": {"cluster": several()["cluster"]},
    "oldest": {"release": RELEASES.versions[0], "delivery": "pulumi"},
}


def planned(data: dict[str, Any], variant: str) -> Plan:
    below = VARIANTS[variant]
    whole = overlay(below, data) | {key: below[key] for key in ("mode", "release") if key in below}
    if variant == "several":
        whole["nodes"] = [whole["nodes"][0] | {"name": f"mgmt-{number}"} for number in (1, 2, 3)]
    whole.pop("nodeDefaults")
    return make_plan("test", Site.model_validate(whole), frozenset(SECRETS))


def computed(plan: Plan) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give what is computed for server.yaml and for charts, by key."""
    for key, value in plan.server_computed.items():
        yield ("server", key), thaw(value)
    for chart in plan.charts:
        for path, value in leaves(chart.computed):
            yield (chart.key, *map(str, path)), value if isinstance(value, Secret) else thaw(value)


_NO_CONTRADICTION: Final = {
    # A chart may come from another registry than Rancher does.
    ("neuvector", "registry"),
    ("neuvector", "global", "cattle", "systemDefaultRegistry"),
    ("storage", "global", "cattle", "systemDefaultRegistry"),
    # It follows from how a chart is delivered.
    ("turtles", "rancherTurtles", "rancherInstalled"),
}
"""Values that follow from a field, and may be another one without anything being untrue."""


def told_of(key: tuple[str, ...]) -> bool:
    """Tell whether the site hears which field a key comes from, where it overrides it."""
    chart, *rest = key
    keys = tuple(rest)
    if chart == "server":
        return rest[0] in overrides.SERVER_FIELDS
    named = keys in overrides._FIELDS.get(chart, {}) or (chart == "metal3" and keys in overrides._ADDRESS_KEYS)
    named = named or names_a_secret(keys[-1]) or key in _NO_CONTRADICTION
    return named or (chart, keys) in overrides._OTHER_RULES


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_field_computes_is_known_where_it_is_overridden(variant: str) -> None:
    """Else an override of a chart's value, or of a key of server.yaml, is told as one of dualstack's own defaults."""
    before = dict(computed(planned(SITE, variant)))
    lacking = set()
    for field in CHANGES:
        if not field.startswith(_ABOUT_ALL):
            after = dict(computed(planned(changed(field), variant)))
            other = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            lacking |= {(field, key) for key in other if not told_of(key)}
    assert lacking == set(), "put it into SERVER_FIELDS or _FIELDS of dualstack/rules/chart/override_values.py"


def test_no_table_of_overrides_names_a_field_that_is_gone() -> None:
    fields = {re.sub(r"\[\]", "", path) for path in model_fields()}
    named = {*overrides.SERVER_FIELDS.values(), *(name for one in overrides._FIELDS.values() for name in one.values())}
    assert {name for name in named if name not in fields and not name.startswith("charts.")} == set()


def test_every_secret_that_a_site_names_is_told_where_the_stack_lacks_it() -> None:
    secret = [path for path, node in model_fields().items() if _no_secret in map(_function, _kinds(node.field))]
    keys = {path: f"key{number}" for number, path in enumerate(secret)}
    assert len(keys) > 10
    data: dict[str, Any] = json.loads(json.dumps(SITE)) | {"nodeDefaults": {}, "delivery": "pulumi", "release": "3.5"}
    for path in (*CHARTS, "extra"):
        one = data["charts"][path][0] if path == "extra" else data["charts"][path]
        one["repository"] = "https://charts.example.com"
    put(data, "rfc2136", "dns", "backend")
    put(data, {"source": "ssh"}, "host", "kubeconfig")
    put(data, "ssh-jump", "host", "readiness")
    put(data, "redfish", "host", "kind")
    put(data, "admin", "nodes", 0, "bmc", "username")
    data["image"]["proxy"] = {}
    for path, key in keys.items():
        put(data, key, *place_of(path))

    messages = [one.message for one in check_site("test", resolved(data, ())).findings]

    told = {
        key for key in keys.values() if any(re.search(rf"no secret (dualstack:)?{key}\b", text) for text in messages)
    }
    assert {path for path, key in keys.items() if key not in told} == set(), "_named of rules/secret/clear_secrets.py"


def _kinds(field: FieldInfo) -> Iterator[Any]:
    yield from field.metadata
    for kind in (field.annotation, *get_args(field.annotation)):
        yield from getattr(kind, "__metadata__", ())


def _function(kind: Any) -> Any:
    return getattr(kind, "func", None)


def test_what_people_call_things_is_a_field() -> None:
    names = {re.sub(r"\W", "", path.rpartition(".")[2]) for path in model_fields()} | {*CHARTS}
    assert {name for name in _KNOWN_AS.values() if name not in names} == set()


def test_every_flag_of_new_gives_a_field() -> None:
    # What a site extends is merged before it is one.
    flags = _FLAGS.keys() - {("extends",)}
    assert {path for path in flags if format_path(path).replace("[0]", "[]") not in _with_lists()} == set()


def _with_lists() -> set[str]:
    return {name for path in model_fields() for name in (path, path.removesuffix("[]"))}


def test_every_command_of_others_is_one_of_ours() -> None:
    commands = {*(name.split()[0] for name in all_commands()), "--version", "--help", "--install-completion"}
    assert {ours.split()[0] for ours in OURS.values()} <= commands
    assert OURS.keys() & commands == set()


def test_every_command_is_on_a_page() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert {name for name in all_commands() if not re.search(rf"dualstack {name}\b", text)} == set()


def test_every_kind_of_check_is_on_its_page() -> None:
    page = (PROJECT / "docs/verify.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert {kind.value for kind in Kind} <= set(named)


def test_every_type_of_ours_has_a_word_in_diff() -> None:
    assert kinds._OURS.keys() == HANDLERS.keys()


def test_every_cause_names_rules_that_there_are() -> None:
    numbers = {rule.partition("-")[0] for rule in all_rules()}
    assert {number for cause in CAUSES for number in (cause.rule, *cause.echoes)} <= numbers


def test_every_file_of_the_image_is_in_a_part_of_its_stamp() -> None:
    """Else a machine whose image had another one looks up to date."""
    parts: set[str] = set()
    image = [changed(field) for field in CHANGES if field.startswith("image.")]
    plans = [*(planned(SITE, variant) for variant in VARIANTS), *(planned(data, "address") for data in image)]
    for plan in plans:
        tree = build_tree(plan, {}, NoFiles())
        parts |= set(json.loads(tree.files[STAMP].text)["parts"])
        stray = {path for path in tree.files if not path.startswith(tuple(_FOLDERS)) and not _IN_ITSELF.match(path)}
        assert stray == set(), "_FOLDERS of dualstack/eib/stamp.py"
    assert parts == PLACES.keys(), "PLACES of dualstack/verify/machine/stamps.py"


_IN_ITSELF: Final = re.compile(r"definition\.yaml|network/.+|custom/.+")
"""Read part by part, each node's own, and what runs at installs alone."""
STAMP: Final = "os-files/etc/dualstack/site.json"


def test_what_a_policy_looks_at_is_judged_in_a_living_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {}
    for read in READS.values():
        version = read.versions[0]
        one: dict[str, Any] = {"apiVersion": f"{read.group}/{version}" if read.group else version, "kind": read.kind}
        one |= {"metadata": {"name": "rke2-cilium", "namespace": "kube-system"}, "spec": {}, "status": {}, "data": {}}
        type_ = policy.given(one).type
        if any(item.rule not in policy.ELSEWHERE and item.looks_at(type_) for item in all_policies()):
            wanted[type_] = one
    assert wanted
    seen: set[str] = set()
    given = policy.given

    def noted(one: dict[str, Any]) -> Any:
        seen.add(given(one).type)
        return given(one)

    monkeypatch.setattr(policy, "given", noted)
    view = View(
        from_objects([*healthy.cluster(planned(SITE, "address")), *wanted.values()]), None, frozenset(), healthy.NOW
    )
    for part in PARTS:
        list(look(part, view))
    beside = {one["kind"] for type_, one in wanted.items() if type_ not in seen and "metallb.io" not in type_}
    # `helm` judges the release that it makes, as Helm keeps it; of MetalLB's kinds only pools are judged, the others
    # say where they are announced.
    assert beside == {"HelmChart"}
    assert "kubernetes:metallb.io/v1beta1:IPAddressPool" in seen


def test_what_a_record_is_for_is_said_of_each_type() -> None:
    assert set(_BREAKS) == set(get_args(DnsType))


def test_every_word_of_day_two_has_its_meaning_and_its_looks() -> None:
    assert list(MEANING) == list(Day2)
    assert {word for word, _ in sections._NEEDS} == set(Day2) - {Day2.NOTHING, Day2.LIVE}
    looks = (PROJECT / "dualstack/diff/report.html.j2").read_text(encoding="utf-8")
    page = (PROJECT / "docs/day2.md").read_text(encoding="utf-8")
    for word in set(Day2) - {Day2.NOTHING}:
        assert re.search(rf"^[^{{]*\.{word.text.replace(' ', '-')}\b", looks, re.MULTILINE), word
        assert f"**{word.text}**" in page, word


def test_every_output_of_a_component_is_on_its_page() -> None:
    schema = json.loads((PROJECT / "tests/components/golden/schema.json").read_text(encoding="utf-8"))
    page = (PROJECT / "docs/components.md").read_text(encoding="utf-8")
    outputs = {name for one in schema["resources"].values() for name in one["properties"]}
    assert outputs
    assert {name for name in outputs if f"`{name}`" not in page} == set()
