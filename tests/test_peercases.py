"""The comparison with other projects' cases: our own fixture always, theirs where it is at hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstack.rules import all_rules
from tests import PROJECT
from tests.conftest import PEER_CASES
from tests.peercases.__main__ import main
from tests.peercases.adapter import JUDGES, NOT_APPLICABLE, judge
from tests.peercases.compare import compare
from tests.peercases.divergence import LAXER, STRICTER

OWN = PROJECT / "tests" / "peercases" / "cases.json"
PEERS = PROJECT.parent / "shared" / "cases" / "peer-cases.json"


def cases(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_own_cases() -> None:
    compared = compare(cases(OWN))
    assert compared.disagreements == []
    assert [case for case, _ in compared.not_applicable] == ["OWN053"]
    assert compared.applicable >= 40


def test_peers_cases(record_property: Callable[[str, object], None]) -> None:
    if not PEERS.exists():
        record_property(PEER_CASES, f"skipped, {PEERS.name} is not at hand")
        pytest.skip(f"{PEERS.name} is not at hand")
    compared = compare(cases(PEERS))
    record_property(PEER_CASES, compared.figure)
    assert compared.applicable >= 240
    assert compared.agree >= 0.99 * compared.applicable, compared.disagreements


def test_the_figure_is_printed_also_by_parallel_runs() -> None:
    test = f"{Path(__file__).relative_to(PROJECT)}::{test_peers_cases.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", test]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)
    told = re.findall(r"^peer cases: (.*)$", done.stdout, re.MULTILINE)
    assert len(told) == 1, done.stdout
    assert re.fullmatch(r"agree \d+ of \d+ applicable \(\d+ not applicable\)|skipped, .* is not at hand", told[0])


@pytest.mark.parametrize(
    ("config", "number"),
    [
        ({"hosts": [{"name": "Bad_Name"}]}, "DS082"),
        ({"hosts": [{"bmc": "ipmi://192.168.111.1"}], "provisioningNetwork": "Disabled"}, "DS077"),
        ({"bmcAddress": "ipmi://192.168.111.1", "provisioningNetwork": "Disabled"}, "DS077"),
        ({"clusterNetwork": [{"cidr": "10.128.0.0/14", "nodeMask": 8}], "serviceNetwork": ["172.30.0.0/16"]}, "DS036"),
        ({"resolvers": ["fd00::zz"]}, "DS010"),
        ({"serviceNetwork": ["10.96.0.0/12", "fd00::/48"]}, "DS037"),
        ({"clusterNetwork": ["10.0.0.0/16", "fd01::/48"], "serviceNetwork": ["10.96.0.0/16", "fd02::/48"]}, "DS037"),
    ],
)
def test_what_a_case_says_is_read(config: dict[str, Any], number: str) -> None:
    assert number in {rule[:5] for rule in judge(config).rules}


@pytest.mark.parametrize(
    "config",
    [
        {"proxy": {}},
        {"noProxy": ".ABC.com,EXAMPLE.com"},
        {"noProxy": "*,.example.com"},
        {"bmcAddress": "redfish:192.168.122.1"},
        {"bmcAddress": "redfish-virtualmedia://192.168.122.1/x", "provisioningNetwork": "Disabled"},
        {"clusterNetwork": [{"cidr": "10.128.0.0/14", "nodeMask": 23}], "serviceNetwork": ["172.30.0.0/16"]},
        {"dnsServers": ["fd00::53", "10.0.0.53"]},
    ],
)
def test_decided_otherwise(config: dict[str, Any]) -> None:
    assert judge(config).verdict == "valid"
    assert judge(config).reason == ""


def test_only_the_configuration_decides() -> None:
    plain = cases(OWN)
    turned = [{**case, "expected": "invalid", "reason": "", "suse_divergence": ["x"], "tags": ["y"]} for case in plain]
    verdicts = {item.id: item.got for item in compare(turned).disagreements}
    assert verdicts == {case["id"]: "valid" for case in plain if case["expected"] == "valid" and case["id"] != "OWN053"}


def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(OWN)]) == 0
    assert capsys.readouterr().out == "agree 57 of 57 applicable (1 not applicable)\n"
    wrong = tmp_path / "cases.json"
    wrong.write_text(json.dumps([{"id": "X1", "family_config": {"ip": "fe80::1%eth0"}, "expected": "valid"}]))
    assert main([str(wrong)]) == 0
    told = "agree 0 of 1 applicable (0 not applicable)\nX1: expected valid, got invalid (DS010-address-syntax)\n"
    assert capsys.readouterr().out == told
    assert main([str(wrong), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "agree": 0,
        "applicable": 1,
        "notApplicable": [],
        "disagreements": [{"id": "X1", "expected": "valid", "got": "invalid", "rules": ["DS010-address-syntax"]}],
    }
    assert main([str(tmp_path / "absent.json")]) == 2


def test_divergences_are_of_known_rules_and_have_reasons() -> None:
    numbers = {rule.split("-")[0] for rule in all_rules()}
    for item in (*STRICTER, *LAXER):
        assert item.number in numbers
        assert item.shape
        assert item.because
    assert all(reason and "\n" not in reason for reason in NOT_APPLICABLE.values())


KEYS = sorted({key for wanted, more, _ in JUDGES for key in wanted | more} | {"unheardOf"})
TEXTS = ["", "10.42.0.0/16", "fd00::/48", "192.168.1.10", "fd00::10/64", "::/0", "[fd00::1]:80", "a.b", "*", "%", "1,2"]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.sampled_from(TEXTS))
ENTRIES = st.dictionaries(
    st.sampled_from(["cidr", "hostPrefix", "name", "bmc", "bootMACAddress", "networkConfig", "role", "httpProxy"]),
    SCALARS,
)
VALUES = st.recursive(st.one_of(SCALARS, ENTRIES), lambda inner: st.lists(inner, max_size=4), max_leaves=6)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_no_configuration_makes_a_traceback(config: dict[str, Any]) -> None:
    assert judge(config).verdict in ("valid", "invalid")


@pytest.mark.parametrize("config", [None, [], "text", 7, {}, {1: 2}])
def test_what_is_no_configuration_is_not_applicable(config: object) -> None:
    assert judge(config).reason
