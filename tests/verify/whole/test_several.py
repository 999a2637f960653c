"""A whole site of several nodes, hostname mode, virtual media over TLS: silent, and faults of one node or address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dualstack.eib import plan_stamp
from dualstack.eib.join import joining
from dualstack.verify.model import Kind
from tests.lab.authority import Authority
from tests.several import several
from tests.verify.whole.site import Whole
from tests.verify.whole.test_whole import cut, words

API, FIRST, SECOND = "192.168.100.20", "192.168.100.11", "192.168.100.12"
OTHER = Authority("rke2-server-ca@2")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    data = several("hostname", provisioning={"vmediaTls": True})
    with Whole(tmp_path_factory.mktemp("three"), data) as site:
        yield site


@pytest.mark.parametrize(("place", "options"), [("hub", ()), ("away", ("--from", "ssh-jump"))])
def test_it_is_silent(three: Whole, place: str, options: tuple[str, ...]) -> None:
    ran = three.verify(*options, place=place)
    found = three.found(*options, place=place)

    assert words(found, "failed", "pending", "not checkable") == set()
    assert ran.returncode == 0
    assert {one["at"] for one in found if one["name"] == "machine"} == {"mgmt-1", "mgmt-2", "mgmt-3"}
    assert any(one["at"].endswith(":6185") for one in found)


def test_a_virtual_address_that_another_cluster_holds(three: Whole) -> None:
    names = (API, FIRST, SECOND, "192.168.100.13", *(f"fd00:100::1{number}" for number in (1, 2, 3)))
    pem = OTHER.issue(names, ("api.lyon.example.com", "ironic.paris.example.com"))
    three.serve({
        (Kind.API, API): {"pem": pem},
        (Kind.SUPERVISOR, API): {"pem": pem, "answer": OTHER.answer.decode()},
    })  # fmt: skip
    try:
        found = three.found("--only", "api", "--only", "supervisor")
    finally:
        three.mend()

    assert words(found, "failed") == {
        ("api", f"{API}:6443", "cluster: whose it is"),
        ("supervisor", f"{API}:9345", "cluster: whose it is"),
    }


def test_a_bootstrap_server_that_made_a_cluster_of_its_own(three: Whole) -> None:
    """Most servers are right, although the first is asked first."""
    faults = {}
    for address in (FIRST, "fd00:100::11"):
        names = (address, FIRST, SECOND, "192.168.100.13", *(f"fd00:100::1{number}" for number in (1, 2, 3)))
        pem = OTHER.issue(names, ("api.lyon.example.com", "ironic.paris.example.com"))
        faults[Kind.API, address] = {"pem": pem}
        faults[Kind.SUPERVISOR, address] = {"pem": pem, "answer": OTHER.answer.decode()}
    three.serve(faults)
    try:
        found = three.found("--only", "api", "--only", "supervisor")
    finally:
        three.mend()

    assert {(one[1], one[2]) for one in words(found, "failed")} == {
        (f"{host}:{port}", "cluster: whose it is") for host in (FIRST, "[fd00:100::11]") for port in (6443, 9345)
    }


def test_one_node_without_ipv6(three: Whole) -> None:
    node = "fd00:100::12"
    with cut(three, "mgmt-2", f"-6 addr del {node}/64 dev eth0", f"-6 addr add {node}/64 dev eth0 nodad"):
        found = three.found()

    failed = words(found, "failed")
    assert {one[1] for one in failed} == {"mgmt-2", f"[{node}]:6443", f"[{node}]:9345"}
    assert {one[2] for one in failed if one[1] == "mgmt-2"} == {"addresses"}


def test_two_machines_that_were_taken_for_each_other(three: Whole) -> None:
    one, two = three.machines["mgmt-2"].files / "dualstack", three.machines["mgmt-3"].files / "dualstack"
    (one / "site.json").write_text(plan_stamp(joining(three.plan, "mgmt-3")))
    (two / "site.json").write_text(plan_stamp(joining(three.plan, "mgmt-3")))
    try:
        found = three.found("--only", "machine")
    finally:
        three.mend()

    assert words(found, "failed") == {("machine", "mgmt-2", "stamp /etc/dualstack/site.json")}


def test_virtual_media_over_tls_by_another_name(three: Whole) -> None:
    pem = three.authority.issue(("192.168.100.22",), ("other.example",))
    three.serve({(Kind.IMAGES, "192.168.100.22"): {"pem": pem}})
    try:
        found = three.found("--only", "images")
    finally:
        three.mend()

    assert words(found, "failed") == {("images", "192.168.100.22:6185", "certificate: names")}
