"""The EIB directory and the image of it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN_WORD
from dualstack.eib import ProjectFiles, build_tree
from dualstack.offline import SECRET
from tests import PROJECT, sites
from tests.components.support import KEYS, VOLUME, every_site, libvirt_site, run

DIRECTORY, BUILD = "dualstack:image:Directory", "dualstack:image:Build"
PREVIEW = pytest.mark.parametrize("preview", [True, False])


def files(site: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(site, **more).one(DIRECTORY).inputs["files"]
    return found


@PREVIEW
@pytest.mark.parametrize("name", every_site())
def test_the_directory_is_what_render_writes(name: str, preview: bool) -> None:
    site = every_site()[name]
    plan = sites.checked(site, KEYS).plan
    assert plan is not None
    tree = build_tree(plan, dict.fromkeys(plan.secrets, ""), ProjectFiles(PROJECT))

    recorded = files(site, preview=preview)

    assert set(recorded) == set(tree.files)
    for path, file in tree.files.items():
        private = file.mode == 0o600
        assert recorded[path] == {"mode": f"{file.mode:04o}", "content": SECRET if private else file.text}


def test_only_files_that_hold_a_secret_are_hidden() -> None:
    hidden = {path for path, file in files(sites.mapping()).items() if file["content"] == SECRET}

    assert hidden == {
        "custom/scripts/70-dualstack-register.sh",
        "definition.yaml",
        "kubernetes/helm/values/longhorn.yaml",
        "kubernetes/helm/values/rancher.yaml",
    }


def test_without_secrets_nothing_is_hidden() -> None:
    assert SECRET not in repr(files(sites.mapping(), secrets={"kubeconfig": "unused here"}))


def test_the_path_is_the_same_on_every_machine() -> None:
    inputs = run(sites.mapping(), stack="paris").one(DIRECTORY).inputs

    assert (inputs["site"], inputs["path"]) == ("paris", "build/paris")


def test_a_file_of_the_user_is_named_and_hashed_not_copied_into_state() -> None:
    source = "stacks/layers/fleet.yaml"
    found = files(sites.mapping(manifests=[source]))["kubernetes/manifests/fleet.yaml"]

    digest = hashlib.sha256((PROJECT / source).read_bytes()).hexdigest()
    assert found == {"mode": "0644", "source": source, "sha256": digest}


def test_no_path_of_this_machine_is_registered() -> None:
    for site in every_site().values():
        for resource in run(site).resources:
            assert str(PROJECT) not in repr(resource.to_json())


@PREVIEW
def test_a_local_build_takes_the_directory_and_feeds_the_disk(preview: bool) -> None:
    recording = run(every_site()["built"], preview=preview)
    build, directory = recording.one(BUILD), recording.one(DIRECTORY)

    assert build.inputs == {
        "directory": "build/test",
        "digest": UNKNOWN_WORD,
        "baseImage": "SL-Micro.x86_64-6.2-Base-GM.raw",
        "builder": "registry.suse.com/edge/3.5/edge-image-builder:1.3.3",
        "secrets": [SECRET],  # the registration code; with delivery pulumi no chart's secret is in the image
    }
    assert build.property_dependencies["digest"] == (directory.urn,)
    assert recording.of_type(VOLUME)[0].property_dependencies["source"] == (build.urn,)


def test_a_build_knows_the_secrets_that_it_must_not_log() -> None:
    secrets = {"rancherBootstrapPassword": "a", "appsToken": "b", "kubeconfig": "not in the image"}
    recording = run(every_site()["production"], secrets=secrets)

    assert recording.one(BUILD).inputs["secrets"] == [SECRET, SECRET]


def test_an_image_that_the_site_names_is_taken_before_a_built_one() -> None:
    site = libvirt_site()
    site["image"]["build"] = "local"

    assert run(site).of_type(VOLUME)[0].inputs["source"] == "images/site.raw"


def test_without_a_build_there_is_the_directory_alone() -> None:
    recording = run(sites.mapping())

    assert recording.of_type(DIRECTORY)
    assert not recording.of_type(BUILD)
