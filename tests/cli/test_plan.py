"""``dualstack plan`` and ``render``: one document, the network side by side, secrets nowhere."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests import PROJECT
from tests.cli.conftest import Project, Run
from tests.goldens.compare import known_stacks
from tests.several import several
from tests.sites import mapping, put

SECRETS = {"rancherBootstrapPassword": {"secure": "v1:canary-one"}, "appsToken": {"secure": "v1:canary-two"}}
BMC = {"name": "rack-1", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}


def test_the_document_has_the_documented_shape(run: Run, project: Project) -> None:
    project.site("paris", mapping("hostname", delivery="pulumi"), **SECRETS)

    ran = run("plan", "paris", "--format", "json")

    assert ran.code == 0
    document = ran.json
    assert {"version", "site", "findings", "values", "dns", "capacity", "bmcs", "resources"} <= set(document)
    assert {"server", "network", "metal3", "rancher"} <= set(document["values"])
    assert list(document["values"]["network"]) == ["mgmt-1"]
    assert list(document["dns"][0]) == ["name", "type", "value", "zone", "ttl"]
    resource = document["resources"][0]
    assert {"urn", "type", "name", "parent", "inputs", "dependsOn", "options"} <= set(resource)
    assert {
        "protect", "retainOnDelete", "deleteBeforeReplace", "replaceOnChanges", "ignoreChanges", "aliases",
        "deletedWith", "provider",
    } <= set(resource["options"])  # fmt: skip
    assert document["values"]["rancher"]["bootstrapPassword"] == "[secret]"


def test_encrypted_config_needs_no_passphrase_and_shows_nowhere(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    project.site("paris", mapping(delivery="pulumi"), **SECRETS)

    for output in ("json", "text"):
        ran = run("plan", "paris", "--format", output)
        assert ran.code == 0
        assert "canary" not in ran.out + ran.err


def test_text_shows_both_families_side_by_side(run: Run, project: Project) -> None:
    project.site("paris", put(mapping(), [BMC], "provisioning", "bmcs"))

    out = run("plan", "paris").out

    (line,) = [line for line in out.splitlines() if "eth0" in line]
    assert "192.168.100.10/24" in line
    assert "fd00:100::10/64" in line
    # Brackets are rich's markup: an address must not be taken for a style.
    assert "http://[fd00:100::10]:6180" in out
    assert "dualstack:index:ManagementCluster" in out


def test_virtual_addresses_are_shown_in_every_format(run: Run, project: Project) -> None:
    secrets = SECRETS | {"sccRegistrationCode": {"secure": "v1:a"}, "rke2Token": {"secure": "v1:b"}}
    project.site("lyon", several(cluster={"ingress": {"ipv4": "192.168.100.31"}}), **secrets)
    lines = run("plan", "lyon").out.splitlines()
    shown = [line.split()[1:] for line in lines if "(virtual)" in line]
    assert shown == [
        ["API", "server", "(virtual)", "192.168.100.20", "-"],
        ["ingress", "(virtual)", "192.168.100.31", "fd00:100::21"],
        ["Ironic", "(virtual)", "192.168.100.22", "fd00:100::22"],
    ]
    assert run("plan", "lyon", "--format", "json").json["virtual"] == {
        "api": {"ipv4": "192.168.100.20"},
        "ingress": {"ipv4": "192.168.100.31", "ipv6": "fd00:100::21"},
        "ironic": {"ipv4": "192.168.100.22", "ipv6": "fd00:100::22"},
    }
    for form in ("svg", "mermaid", "html"):
        assert run("plan", "lyon", "--format", form).out.count("192.168.100.31") >= 1, form


def test_one_node_has_no_virtual_addresses(run: Run, project: Project) -> None:
    project.site("paris", mapping(), **SECRETS)
    assert "virtual" not in run("plan", "paris").out
    assert "virtual" not in run("plan", "paris", "--format", "json").json
    assert "virtual addresses" not in run("plan", "paris", "--format", "mermaid").out


def test_a_site_with_errors_is_refused_unless_forced(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))

    refused = run("plan", "paris")
    assert (refused.code, "--force" in refused.err, refused.out) == (1, True, "")
    answer = run("plan", "paris", "--format", "json")
    assert answer.code == 1
    assert any(finding["rule"].startswith("DS012") for finding in answer.json["findings"])
    assert "values" in run("plan", "paris", "--format", "json", "--force").json
    assert run("render", "paris", "--out", tmp_path / "out").code == 1
    assert not (tmp_path / "out").exists()
    assert run("render", "paris", "--out", tmp_path / "out", "--force").code == 0
    assert (tmp_path / "out/definition.yaml").is_file()


def test_render_tells_what_it_left_out_and_takes_secrets_from_files(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", **SECRETS)
    out, password = tmp_path / "out", tmp_path / "password"
    password.write_text("a-long-canary-password\n")

    plain = run("render", "paris", "--out", out, "--format", "json")
    assert plain.code == 0
    assert "DS120-secret-left-out" in {finding["rule"] for finding in plain.json["findings"]}
    values = out / "kubernetes/helm/values/rancher.yaml"
    assert "bootstrapPassword" not in yaml.safe_load(values.read_text())

    given = run("render", "paris", "--out", out, "--secret", f"rancherBootstrapPassword=@{password}")
    assert given.code == 0
    assert "canary" not in given.out + given.err
    assert yaml.safe_load(values.read_text())["bootstrapPassword"] == "a-long-canary-password"
    assert values.stat().st_mode & 0o777 == 0o600
    holders = [file for file in out.rglob("*") if file.is_file() and "canary" in file.read_text(errors="replace")]
    assert holders == [values]


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", **SECRETS)

    ran = run("render", "paris", "--out", tmp_path / "out", "--secret", "rancherBootstrapPassword=canary")

    assert ran.code == 2
    assert "canary" not in ran.err
    missing = run("render", "paris", "--out", tmp_path / "out", "--secret", f"appsToken=@{tmp_path / 'none'}")
    assert (missing.code, "Traceback" in missing.err) == (2, False)
    assert "no such file" in missing.err
    (tmp_path / "line").write_text("one line")
    unknown = run("render", "paris", "--out", tmp_path / "out", "--secret", f"x=@{tmp_path / 'line'}")
    assert (unknown.code, "rancherBootstrapPassword" in unknown.err) == (2, True)


def test_with_secrets_asks_the_cli(run: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.site("paris", **SECRETS)
    folder = tmp_path / "bin"
    folder.mkdir()
    cli = folder / "pulumi"
    said = '[ "$1" = version ] && echo v3.250.0 && exit 0'
    get = '[ "$4 $5 $7 $8" = "config get --stack paris" ] || exit 3\necho "value of $6"'
    for name, text in (("pulumi", f"#!/bin/sh\n{said}\n{get}\n"), ("pulumi-language-python", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    # No engine in a cache, and none to be downloaded.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DUALSTACK_PULUMI_URL", "http://127.0.0.1:1/sdk")

    assert run("render", "paris", "--out", tmp_path / "out", "--with-secrets").code == 0
    values = yaml.safe_load((tmp_path / "out/kubernetes/helm/values/rancher.yaml").read_text())
    assert values["bootstrapPassword"] == "value of dualstack:rancherBootstrapPassword"

    cli.write_text(f"#!/bin/sh\n{said}\necho 'error: incorrect passphrase' >&2\nexit 255\n")
    failed = run("render", "paris", "--out", tmp_path / "other", "--with-secrets")
    assert (failed.code, "incorrect passphrase" in failed.err) == (2, True)
    assert not (tmp_path / "other").exists()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "no Pulumi CLI; PATH: no pulumi" in run("render", "paris", "--out", tmp_path / "other", "--with-secrets").err


def test_a_foreign_directory_is_refused(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")

    ran = run("render", "paris", "--out", out)

    assert ran.code == 2
    assert [file.name for file in out.iterdir()] == ["thesis.txt"]


def test_projects_with_sites_only_use_the_own_program(run: Run, project: Project) -> None:
    project.site("paris")
    assert not (project.folder / "__main__.py").exists()

    resources = run("plan", "paris", "--format", "json").json["resources"]

    assert any(item["type"] == "dualstack:index:ManagementCluster" for item in resources)
    assert json.dumps(resources)


def test_a_program_that_fails_is_told_without_a_traceback(run: Run, project: Project) -> None:
    project.site("paris")
    (project.folder / "__main__.py").write_text("raise KeyError('lost')\n")

    ran = run("plan", "paris")

    assert (ran.code, "lost" in ran.err, "Traceback" in ran.err) == (2, True, False)
    shutil.rmtree(project.folder / "stacks")


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "paris"),
        ("plan", "paris", "--format", "json"),
        ("plan", "paris", "--force", "--format", "html"),
        ("plan", "paris", "--force", "--format", "svg"),
        ("plan", "paris", "--force", "--format", "mermaid"),
        ("show", "paris"),
        ("show", "paris", "--origin"),
        ("show", "paris", "--defaults", "--format", "json"),
        ("check", "paris", "--policies", "--format", "json"),
        ("check", "paris", "--policies"),
        ("render", "paris", "--out", "out"),
    ],
)
def test_a_secret_in_clear_shows_at_no_place(
    run: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """In a URL's login, a variable, a private key, an argument; the same site deploys with it all the same."""
    monkeypatch.chdir(tmp_path)
    values = {
        "proxy": "http://robot:canary@proxy.example:3128",
        "database": "postgres://app:canary@db.example/x",
        "extraEnv": [{"name": "GITHUB_TOKEN", "value": "canary"}],
        "tls": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n",
    }
    data = put(mapping(delivery="pulumi"), values, "charts", "rancher", "values")
    put(data, {"http": "http://robot:canary@proxy.example:3128"}, "image", "proxy")
    put(data, ["db-password=canary"], "cluster", "server", "kube-apiserver-arg")
    put(data, "https://robot:canary@charts.example/rancher", "charts", "rancher", "repository")
    put(data, [{**BMC, "address": "redfish-virtualmedia://admin:canary@[fd00:200::11]/redfish/v1/Systems/1"}],
        "provisioning", "bmcs")  # fmt: skip
    project.site("paris", data, **SECRETS)

    ran = run(*arguments, "--project", project.folder)

    assert ran.code in (0, 1), ran
    assert ran.out, ran
    assert "canary" not in ran.out + ran.err


def test_pictures_show_both_families_and_are_well_formed(run: Run, project: Project) -> None:
    data = mapping("hostname")
    data["provisioning"] |= {
        "bmcs": [{"name": "r1<b>", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}]
    }
    project.site("paris", data)

    drawing = run("plan", "paris", "--force", "--format", "svg").out
    root = ElementTree.fromstring(drawing)
    told = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("eth0 IPv4: 192.168.100.10/24", "eth0 IPv6: fd00:100::10/64", "r1<b>: fd00:200::11"):
        assert words in told
    width, height = (float(root.attrib[key]) for key in ("width", "height"))
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 6

    flowchart = run("plan", "paris", "--force", "--format", "mermaid").out
    assert "flowchart LR" in flowchart and "eth0 IPv6: fd00:100::10/64" in flowchart and "<b>:" not in flowchart


def test_the_page_has_what_the_text_has(run: Run, project: Project) -> None:
    project.site("paris", mapping("hostname"))

    page = run("plan", "paris", "--format", "html").out

    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for words in ("ironic.paris.example.com", "fd00:100::10", "10.42.0.0/16", "AAAA"):
        assert words in text
    rows = {line.split("  ")[0] for line in run("plan", "paris").out.splitlines()}
    for title in ("DNS records", "Capacity", "Charts", "Resources"):
        assert title in rows and f"<h2>{title}</h2>" in page
    assert "<script" not in page and "http-equiv" in page and " src=" not in page


@pytest.mark.parametrize("site", known_stacks(PROJECT))
def test_every_site_here_is_planned_as_it_is_checked(run: Run, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program gets marks in the place of secrets, and must find nothing that the site's own check does not."""
    monkeypatch.chdir(PROJECT)
    assert run("check", site, "--project", str(PROJECT)).code == 0
    ran = run("plan", site, "--project", str(PROJECT), "--format", "json")
    assert ran.code == 0, ran.err
    assert "dualstacksecret" not in ran.out and "Mc0Eum32i57P" not in ran.out
