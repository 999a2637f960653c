"""The door from the engine's config, the exports, and many sites in one process."""

from __future__ import annotations

import gc
import json
import threading
from pathlib import Path
from typing import Any

import pulumi
import pytest

from dualstack.offline import SECRET, ProgramError, record
from tests import PROJECT, sites
from tests.components.support import STACK, every_site, libvirt_site, rfc2136_site, run, under


def refused(data: dict[str, Any]) -> str:
    with pytest.raises(ProgramError) as caught:
        run(data)
    # The engine's language host prints the text of this one, and no traceback.
    assert isinstance(caught.value.__cause__, pulumi.RunError)
    return str(caught.value)


def test_all_errors_stop_the_program_at_once_in_plain_words() -> None:
    site = sites.mapping()
    site["colour"] = "red"
    site["release"] = "2.0"

    told = refused(site)

    assert "the site test has 2 errors, so nothing was started" in told
    assert "colour: 'colour' is no key that dualstack knows" in told
    assert "release: " in told


def test_an_unknown_layer_stops_the_program() -> None:
    assert "no layer `nowhere`" in refused(sites.mapping(extends=["nowhere"]))


def test_a_missing_site_says_how_to_set_it() -> None:
    with pytest.raises(ProgramError, match="pulumi config set dualstack:site"):
        record(PROJECT / "__main__.py", project="dualstack", stack="test", config={})


def test_a_file_of_the_user_that_is_missing_stops_the_program() -> None:
    assert "manifests/none.yaml" in refused(sites.mapping(manifests=["manifests/none.yaml"]))


def test_warnings_go_to_the_engines_log() -> None:
    recording = run(sites.mapping(cluster={"pods": {"ipv4": "193.168.0.0/18"}}))

    ((severity, text),) = recording.log
    assert (severity, text.split(":")[0]) == ("warning", "cluster.pods.ipv4")
    assert text.endswith("[DS029-public-range]")


def test_layers_are_read_from_the_projects_folder(tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text((PROJECT / "__main__.py").read_text())
    (tmp_path / "stacks" / "layers").mkdir(parents=True)
    (tmp_path / "stacks" / "layers" / "here.yaml").write_text("dns: {ttl: 77}\n")
    site = {**rfc2136_site(), "extends": ["here"]}
    del site["dns"]["ttl"]

    config = {"dualstack:site": json.dumps(site), "dualstack:tsigSecret": "c2VjcmV0"}
    recording = record(program, project="dualstack", stack="test", config=config, secret_keys=["dualstack:tsigSecret"])

    assert {resource.inputs["ttl"] for resource in recording.of_type("dualstack:dns:RecordSet")} == {77}


@pytest.mark.parametrize("preview", [True, False])
def test_exports_of_address_mode(preview: bool) -> None:
    assert run(sites.mapping(), preview=preview).outputs == {
        "release": "3.5",
        "kubernetesVersion": "v1.34.4+rke2r1",
        "mode": "address",
        "nodes": {"mgmt-1": {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"}},
        "entry": {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"},
        "serving": {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"},
        "names": [],
        "apiServer": "https://192.168.100.10:6443",
        "kubeconfig": SECRET,
        "rancherUrl": "https://rancher-192-168-100-10.fd00-100--10.sslip.io",
        "ironicEndpoint": "https://192.168.100.10:6385/v1/",
        "dnsRecords": [],
    }


@pytest.mark.parametrize("preview", [True, False])
def test_exports_of_hostname_mode(preview: bool) -> None:
    outputs = run(sites.mapping("hostname"), preview=preview).outputs

    assert outputs["rancherUrl"] == f"https://{sites.FQDN}"
    assert outputs["ironicEndpoint"] == f"https://{sites.FQDN}:6385/v1/"
    assert [(item["type"], item["value"]) for item in outputs["dnsRecords"][:2]] == [
        ("A", "192.168.100.10"),
        ("AAAA", "fd00:100::10"),
    ]


def test_what_the_site_does_not_have_is_not_exported() -> None:
    off = {name: {"enabled": False} for name in ("rancher", "metal3", "turtles", "neuvector")}
    outputs = run(sites.mapping(charts=off)).outputs

    assert not {"rancherUrl", "ironicEndpoint"} & set(outputs)
    assert "kubeconfig" not in run(sites.mapping(), secrets={}).outputs


def test_delivery_image_stops_after_the_cluster() -> None:
    recording = run(sites.mapping())

    assert [resource.name for resource in under(recording, STACK)] == ["management"]


@pytest.mark.parametrize("name", every_site())
def test_a_preview_shows_the_resources_of_the_update(name: str) -> None:
    site = every_site()[name]

    assert [r.urn for r in run(site).resources] == [r.urn for r in run(site, preview=False).resources]


def test_two_hundred_sites_in_one_process_leave_nothing_behind() -> None:
    def site(number: int) -> dict[str, Any]:
        kinds = (sites.mapping(), libvirt_site(), {**rfc2136_site(), "delivery": "pulumi"})
        data = kinds[number % len(kinds)]
        data["nodes"][0]["name"] = f"node-{number}"
        return data

    def alive() -> int:
        gc.collect()
        return sum(isinstance(item, pulumi.Resource | pulumi.Output) for item in gc.get_objects())

    for number in range(3):
        run(site(number))
    before = (alive(), threading.active_count(), len(list(Path("/proc/self/fd").iterdir())))
    for number in range(200):
        recording = run(site(number), stack=f"site-{number}", preview=number % 2 == 0)
        assert list(recording.outputs["nodes"]) == [f"node-{number}"]
        assert all(resource.urn.startswith(f"urn:pulumi:site-{number}::") for resource in recording.resources)

    assert (alive(), threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))) == before
