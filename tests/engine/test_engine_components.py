"""Our components as a plugin of somebody else's program, through the real engine with stand-in providers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab.standins.caller import Caller
from tests.lab.standins.kinds import DOMAIN, NETWORK, RELEASE
from tests.lab.standins.project import CANARY, Deployment, small_site
from tests.sites import SSH_KEY

PROGRAM = """
import json, pathlib
import pulumi
from remote import ManagementCharts, ManagementCluster

site = json.loads(pathlib.Path("site.json").read_text())
config = pulumi.Config("dualstack")
keys = ("rancherBootstrapPassword", "appsToken", "kubeconfig")
secrets = {key: config.require_secret(key) for key in keys}
for name in ("paris", "lyon"):
    cluster = ManagementCluster(name, name=name, site=site, secrets=secrets)
    charts = ManagementCharts(
        f"{name}-charts", name=name, site=site, secrets=secrets, host=cluster.host, kubeconfig=cluster.kubeconfig
    )
    for key in cluster.told:
        pulumi.export(f"{name}-{key}", getattr(cluster, key))
    pulumi.export(f"{name}-releases", charts.releases)
"""


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    made = Caller(tmp_path)
    made.program(PROGRAM)
    return made


def given(caller: Caller, site: dict[str, Any]) -> None:
    (caller.folder / "site.json").write_text(json.dumps(site))


def types(caller: Caller) -> dict[str, set[str]]:
    """Give the names on the hypervisor and the cluster by type."""
    return {kind: set(things) for kind, things in caller.control.world().items()}


def assert_no_frames(told: str, caller: Caller) -> None:
    """The caller's own process may say that it was interrupted; of ours there is no traceback."""
    assert f'File "{caller.clone}' not in told
    assert "site-packages/pulumi/provider" not in told and "Unexpected <class" not in told


def test_a_program_elsewhere_makes_two_clusters(caller: Caller) -> None:
    site = small_site()
    site["charts"]["rancher"] = {"values": {"snake_case": {"a_b": 3}}}
    given(caller, site)
    caller.init()
    shown = caller.pulumi("preview", "--json", "--suppress-progress").stdout
    assert set(json.loads(shown)["changeSummary"]) <= {"create", "read"}
    assert CANARY not in shown
    caller.up()

    assert types(caller)[DOMAIN] == {"paris-mgmt-1", "lyon-mgmt-1"}
    assert types(caller)[NETWORK] == {"paris-mgmt-1", "lyon-mgmt-1"}
    # Each name is there once, and as often as in the other cluster.
    names = set(caller.resources())
    paris = {name.removeprefix("paris-") for name in names if name.startswith("paris-")}
    assert paris == {name.removeprefix("lyon-") for name in names if name.startswith("lyon-")}
    assert {"host-vm", "charts-metal3", "charts-rancher", "host-ready", "image-directory"} <= paris
    assert (caller.folder / "build/paris").is_dir() and (caller.folder / "build/lyon").is_dir()

    told = json.loads(caller.pulumi("stack", "output", "--json").stdout)
    assert told["paris-entry"] == told["lyon-serving"] == {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"}
    assert told["paris-apiServer"] == "https://192.168.100.10:6443"
    assert told["paris-rancherUrl"].startswith("https://rancher")
    assert "metal3" in told["paris-releases"]
    assert told["paris-kubeconfig"] == "[secret]"
    shown = json.loads(caller.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert CANARY in shown["paris-kubeconfig"]

    state = caller.state()
    assert CANARY not in json.dumps(state)
    release = next(one for one in state["resources"] if one["urn"].endswith("::paris-charts-rancher"))
    assert release["type"] == RELEASE
    # As they were written.
    assert '"snake_case": {"a_b": 3}' in json.dumps(release["inputs"]["values"])
    # What is on the cluster goes with its own machine.
    machine = next(one["urn"] for one in state["resources"] if one["urn"].endswith("::paris-host-vm"))
    disk = next(one["urn"] for one in state["resources"] if one["urn"].endswith("::paris-host-disk"))
    assert (release["deletedWith"], release["replaceWith"]) == (machine, [disk])
    # A cluster has a provider of its own.
    providers = {one["urn"].rpartition("::")[2] for one in state["resources"] if "pulumi:providers:" in one["type"]}
    assert not [name for name in providers if re.fullmatch(r"default_(4|0)[0-9_]+", name)]
    assert {"paris-libvirt", "lyon-libvirt", "paris-charts-kubernetes", "lyon-charts-kubernetes"} <= providers

    caller.pulumi("preview", "--expect-no-changes")
    caller.pulumi("destroy", "--yes", "--skip-preview")
    # What is on a cluster goes with its machine, and is not asked for.
    assert not any(types(caller).values())


def test_errors_of_the_site_are_told_in_plain_words(caller: Caller) -> None:
    site = small_site()
    site["colour"] = "red"
    site["dns"]["resolvers"] = ["192.168.100.999"]
    given(caller, site)
    caller.init()
    failed = caller.up(code=1)

    assert "the site paris has 2 errors, so nothing was started" in failed.told
    assert "paris: colour: 'colour' is no key that dualstack knows" in failed.told
    assert_no_frames(failed.told, caller)
    assert not any(types(caller).values())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("site = pulumi.Output.secret(site)", "site of paris is no mapping of plain values"),
        ('site["mode"] = config.require_secret("appsToken")', "site.mode is an Output: the site is topology"),
        ('secrets = config.require_secret("appsToken")', "secrets of paris is no mapping"),
        ('del secrets["kubeconfig"]', 'give it as secrets["kubeconfig"]'),
    ],
)
def test_wrong_arguments_are_told_in_plain_words(caller: Caller, change: str, words: str) -> None:
    caller.program(PROGRAM.replace("for name in", f"{change}\nfor name in").replace('"paris", "lyon"', '"paris",'))
    given(caller, small_site())
    caller.init()
    failed = caller.up(code=1)

    assert words in failed.told
    assert_no_frames(failed.told, caller)
    assert CANARY not in failed.told


def test_the_schema_is_that_of_the_folder(tmp_path: Path) -> None:
    # Without any provider plugin, and in an environment whose packages ask for them.
    lab = Deployment(tmp_path, standins=())
    before = set((lab.folder / "components").iterdir())
    schema = lab.pulumi("package", "get-schema", "./components").stdout
    assert {file for file in (lab.folder / "components").iterdir() if file.name != "__pycache__"} <= before

    assert json.loads(schema)["resources"].keys() == {
        "dualstack:index:ManagementCluster",
        "dualstack:index:ManagementCharts",
    }
    file = tmp_path / "schema.json"
    file.write_text(schema)
    lab.pulumi("schema", "check", str(file))


PROVIDED = """
import json, pathlib
import pulumi
from remote import ManagementCharts, ManagementCluster

site = json.loads(pathlib.Path("site.json").read_text())
kubeconfig = pulumi.Config("dualstack").require_secret("kubeconfig")
libvirt = pulumi.ProviderResource("libvirt", "libvirt", {"uri": "test:///default"})
cluster = ManagementCluster("paris", pulumi.ResourceOptions(providers=[libvirt]), name="paris", site=site)
kubernetes = pulumi.ProviderResource("kubernetes", "kubernetes", {"kubeconfig": kubeconfig})
ManagementCharts(
    "paris-charts", pulumi.ResourceOptions(providers=[kubernetes]), name="paris", site=site, host=cluster.host
)
"""


def test_the_callers_providers_are_taken(caller: Caller) -> None:
    caller.program(PROVIDED)
    site = small_site()
    site["host"]["kubeconfig"] = {"source": "ssh"}
    site["host"]["ssh"] = {"hostKey": SSH_KEY}
    given(caller, site)
    caller.init()
    caller.up()

    used = {one["provider"] for one in caller.state()["resources"] if re.match("libvirt|kubernetes", one["type"])}
    # Of the names that ours had once, which are nobody's here.
    assert {urn.rpartition("::")[0].rpartition("::")[2] for urn in used} == {"libvirt", "kubernetes"}
    providers = {one["urn"].rpartition("::")[2] for one in caller.state()["resources"] if "providers:" in one["type"]}
    assert not {"paris-libvirt", "paris-charts-kubernetes"} & providers
    caller.pulumi("preview", "--expect-no-changes")
