"""The other commands: show, new, schema, explain, sites, dns, completion, help."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.zone
import jsonschema
import pytest
import typer
import yaml

from dualstack.answer.schema import layer_schema, stack_schema
from dualstack.cli.app import app
from dualstack.cli.words import OURS
from dualstack.releases import RELEASES
from dualstack.rules import all_rules
from tests import PROJECT
from tests.cli.conftest import Project, Run
from tests.sites import FQDN, SSH_KEY, mapping

STATIC = (
    "--mac", "34:8a:b1:4b:16:e7", "--ipv4", "192.168.100.10/24", "--gateway4", "192.168.100.1",
    "--ipv6", "fd00:100::10/64", "--gateway6", "fe80::1", "--resolver", "192.168.100.53", "--resolver", "fd00:100::53",
)  # fmt: skip


def test_show_tells_where_each_value_was_written(run: Run, project: Project) -> None:
    project.layer("fleet", 'release: "3.4"\n')
    data = mapping()
    del data["release"]
    project.site("paris", data | {"extends": ["fleet"]})

    ran = run("show", "paris", "--origin", "--format", "json")

    assert ran.json["values"]["release"] == "3.4"
    assert ran.json["origins"]["release"] == "stacks/layers/fleet.yaml:1:10"
    assert ran.json["origins"]["mode"].startswith("stacks/Pulumi.paris.yaml:")
    assert "release" in run("show", "paris", "--origin").out


def test_show_prints_yaml_that_reads_back(run: Run, project: Project) -> None:
    project.site("paris")

    assert yaml.safe_load(run("show", "paris").out) == mapping()
    filled = yaml.safe_load(run("show", "paris", "--defaults").out)
    assert filled["cluster"]["pods"] == {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"}


def all_commands(group: Any = None, below: str = "") -> Iterator[str]:
    """Give every command, as it is written."""
    found: Any = group or typer.main.get_command(app)
    for name, command in found.commands.items():
        if hasattr(command, "commands"):
            yield from all_commands(command, f"{below}{name} ")
        else:
            yield f"{below}{name}"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("mode", [("--mode", "address"), ("--mode", "hostname", "--hostname", FQDN)])
def test_new_writes_a_site_that_checks_clean(run: Run, project: Project, mode: tuple[str, ...], release: str) -> None:
    made = run("new", "paris", *mode, *STATIC, "--release", release, "--ssh-key", SSH_KEY)

    assert (made.code, made.err) == (0, "")
    assert run("check", "paris", "--strict").code == 0


def test_new_writes_nothing_that_would_fail(run: Run, project: Project) -> None:
    arguments = ["300.1.1.1/24" if value == "192.168.100.10/24" else value for value in STATIC]

    ran = run("new", "paris", "--mode", "address", *arguments)

    assert ran.code == 1
    assert "nothing was written" in ran.err
    assert not list(project.folder.glob("stacks/*.yaml"))


def test_new_refuses_a_site_that_is_there_and_names_what_is_missing(run: Run, project: Project) -> None:
    file = project.site("paris")
    before = file.read_text()

    assert run("new", "paris", "--mode", "address", *STATIC).code == 2
    assert file.read_text() == before
    ran = run("new", "rome", "--mode", "address")
    assert (ran.code, "--mac is missing" in ran.err) == (2, True)
    assert run("new", "../evil", "--mode", "address", *STATIC).code == 2


def test_explain(run: Run) -> None:
    assert "DS012-pod-service-overlap" in run("explain", "ds012").out
    assert [rule["id"] for rule in run("explain", "--format", "json").json["rules"]] == list(all_rules())
    ran = run("explain", "DS012-pod-servic-overlap")
    assert (ran.code, "DS012-pod-service-overlap" in ran.err) == (2, True)


def test_explain_by_word(run: Run) -> None:
    told = {line.split()[0]: line for line in run("explain", "Gateway").out.splitlines()}
    assert "DS055-gateway-on-link" in told and len(told) > 1
    assert "If not:" in run("explain", "gateway on-link").out  # one alone is told in full
    found = run("explain", "gateway", "--format", "json").json["rules"]
    assert [rule["id"] for rule in found] == list(told)
    ran = run("explain", "wobble")
    assert (ran.code, "there is no rule `wobble`, and none speaks of it" in ran.err) == (2, True)


def test_sites_lists_also_what_cannot_be_read(run: Run, project: Project) -> None:
    project.site("one")
    project.text("two", "config: [")

    ran = run("sites", "--format", "json")

    one, two = ran.json["sites"]
    assert (one["site"], one["release"], one["mode"]) == ("one", "3.5", "address")
    assert "Pulumi.two.yaml" in two["error"]
    assert "two" in run("sites").out


def test_dns_zone_text_is_read_by_a_dns_library(run: Run, project: Project) -> None:
    project.site("paris", mapping("hostname"))

    text = run("dns", "paris", "--format", "zone").out

    assert "; zone paris.example.com" in text
    zone = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)
    found = {
        (str(name), dns.rdatatype.to_text(data.rdtype), str(item))
        for name, data in zone.iterate_rdatasets()
        for item in data
    }
    assert (f"{FQDN}.", "A", "192.168.100.10") in found
    assert (f"{FQDN}.", "AAAA", "fd00:100::10") in found
    assert ("10.100.168.192.in-addr.arpa.", "PTR", f"{FQDN}.") in found
    assert len(found) == 4


def test_dns_other_forms(run: Run, project: Project) -> None:
    data = mapping("hostname")
    data["dns"] |= {"zones": [{"name": "example.com", "server": "192.0.2.53"}]}
    project.site("paris", data)

    rows = list(csv.DictReader(io.StringIO(run("dns", "paris", "--format", "csv").out)))
    assert {row["type"] for row in rows} == {"A", "AAAA", "PTR"}
    update = run("dns", "paris", "--format", "nsupdate").out
    assert update.startswith("server 192.0.2.53 53\nzone example.com.\nupdate delete")
    assert update.count("send") == 3
    assert len(run("dns", "paris", "--format", "json").json["dns"]) == 4
    assert run("dns", "paris", "--format", "hosts").out.splitlines() == [
        f"192.168.100.10\t{FQDN}",
        f"fd00:100::10\t{FQDN}",
    ]
    assert run("dns", "paris", "--format", "xml").code == 2


def test_dns_of_a_site_without_records_says_so(run: Run, project: Project) -> None:
    project.site("paris")

    assert "needs no records" in run("dns", "paris").out
    assert run("dns", "paris", "--format", "hosts").out.startswith("# paris needs no records")


def test_schemas_accept_the_projects_own_files_and_refuse_typos(run: Run) -> None:
    stack, layer = run("schema").json, run("schema", "--layer").json
    assert (stack, layer) == (stack_schema(), layer_schema())
    for schema in (stack, layer):
        jsonschema.Draft202012Validator.check_schema(schema)
    for file in PROJECT.glob("stacks/*.yaml"):
        jsonschema.validate(yaml.safe_load(file.read_text()), stack)
    for file in PROJECT.glob("stacks/layers/*.yaml"):
        jsonschema.validate(yaml.safe_load(file.read_text()), layer)
    jsonschema.validate({"encryptionsalt": "v1:x", "environment": ["e"], "config": {"aws:region": "x"}}, stack)
    jsonschema.validate({"config": {"dualstack:token": {"secure": "v1:x"}}}, stack)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"config": {"dualstack:site": {"mod": "address"}}}, stack)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mode": "adress"}, layer)


def test_the_project_is_found_from_below_and_by_option(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.site("paris")
    monkeypatch.chdir(project.folder / "stacks")
    assert run("check", "paris").code == 0
    monkeypatch.chdir("/")
    assert run("check", "paris", "--project", project.folder).code == 0
    assert run("check", "paris").code == 2
    assert run("check", "--project", project.folder / "stacks").code == 2


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for command in all_commands():
        ran = run(*command.split(), "--help")

        assert ran.code == 0
        assert re.search(rf"Example: .*dualstack {command}\b", " ".join(ran.out.split())), command


@pytest.mark.parametrize(
    ("word", "ours"),
    [("validate", "check"), ("list", "sites"), ("init", "new"), ("version", "--version"),
     ("apply", "up"), ("Chek", "check"), ("destory", "destroy"), ("graph", "plan SITE --format svg")],
)  # fmt: skip
def test_an_unknown_command_names_ours(run: Run, word: str, ours: str) -> None:
    ran = run(word, "paris")
    assert (ran.code, f"write dualstack {ours}" in " ".join(ran.err.split())) == (2, True)


def test_what_no_word_comes_near_lists_the_commands(run: Run) -> None:
    assert "the commands are check, plan, render," in " ".join(run("frobnicate").err.split())


def test_words_of_other_tools_lead_to_commands_that_exist(run: Run) -> None:
    known = set(re.findall(r"^  (\w+) ", run("--help").out.partition("Commands:")[2].partition("\n\n")[0], re.M))
    for word, ours in OURS.items():
        assert word not in known, f"{word} is a command of our own by now"
        assert ours.startswith("--") or ours.split()[0] in known


def test_usage_errors_and_versions(run: Run) -> None:
    assert run("chek").code == 2
    assert run("--version").out.startswith("dualstack ")
    assert json.dumps(run("explain", "DS001", "--format", "json").json)


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_a_site_with_errors_is_not_deployed(run: Run, project: Project, operation: str) -> None:
    site = mapping()
    site["nodes"][0]["interfaces"][0]["ipv6"]["enabled"] = False
    project.site("paris", site)

    refused = run(operation, "paris")
    assert (refused.code, "DS048" in refused.err, "mend the errors" in refused.err) == (1, True, True)
    assert "--force" not in refused.err  # there is no such option
    told = run(operation, "paris", "--format", "json")
    # The same document as of an operation that ran and failed.
    assert (told.code, told.json["operation"], told.json["succeeded"]) == (1, operation, False)
    assert "DS048-family-disabled" in {finding["rule"] for finding in told.json["findings"]}


def test_without_a_terminal_a_destroy_needs_yes(run: Run, project: Project) -> None:
    project.site("paris", mapping())
    shutil.copy(PROJECT / "__main__.py", project.folder)

    assert "look with dualstack preview paris, then add --yes" in run("up", "paris").err
    refused = run("destroy", "paris")
    assert (refused.code, "add --yes" in refused.err, "preview" in refused.err) == (2, True, False)


def test_new_says_which_file_cannot_be_written(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    ran = run("new", "rome", "--mode", "address", *STATIC)
    assert ran.code == 2
    assert "Pulumi.rome.yaml: it cannot be written: Read-only file system" in ran.err
