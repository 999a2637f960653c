"""A whole site in namespaces: silent when it is well, and each fault is found by its own check."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import plan_stamp
from dualstack.verify.model import Kind
from tests.lab.authority import Authority
from tests.lab.bmc import SYSTEM
from tests.several import TOKEN, several
from tests.sites import checked, mapping
from tests.verify.whole.site import KEYS, RESOLVERS, Whole, outside

FQDN = "ironic.paris.example.com"
BMCS = [
    {"name": "rack1-01", "address": f"redfish-virtualmedia://[fd00:100::e1]/redfish/v1/Systems/{SYSTEM}"},
    {"name": "rack1-02", "address": f"redfish-virtualmedia://192.168.100.62/redfish/v1/Systems/{SYSTEM}"},
]
OUTSIDE = {"dns", "api", "supervisor", "rancher", "ironic", "images", "redfish", "machine"}
WANTS_A_LOGIN = {("redfish", "virtual media", "it wants a login")}


def words(found: list[dict[str, Any]], *results: str) -> set[tuple[str, str, str]]:
    """Give kind, place and question of what has one of these results."""
    return {(one["name"], one["at"], one["asked"]) for one in found if one["result"] in results}


def wrong(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give what is not fine, with what was seen: the only trace of a fault that comes once in many runs."""
    return [one for one in found if one["result"] != "ok"]


def test_a_single_node_in_address_mode_is_silent(tmp_path: Path) -> None:
    with Whole(tmp_path, mapping("address", provisioning={"bmcs": BMCS})) as site:
        ran = site.verify()

    found = outside(ran)
    assert words(found, "failed", "pending") == set(), wrong(found)
    assert {(one["name"], one["asked"], one["seen"]) for one in found if one["result"] != "ok"} == WANTS_A_LOGIN
    assert ran.returncode == 0
    assert {one["name"] for one in found} == OUTSIDE - {"dns"}  # sslip.io is not asked


def test_several_nodes_in_address_mode_are_silent(tmp_path: Path) -> None:
    with Whole(tmp_path, several("address")) as site:
        ran = site.verify()

    assert words(outside(ran), "failed", "pending", "not checkable") == set(), wrong(outside(ran))
    assert ran.returncode == 0


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    data = mapping("hostname", provisioning={"bmcs": BMCS})
    with Whole(tmp_path_factory.mktemp("single"), data) as site:
        yield site


V4, V6 = "192.168.100.10", "fd00:100::10"

OTHER = Authority("rke2-server-ca@2")


def test_a_single_node_in_hostname_mode_is_silent(single: Whole) -> None:
    found = single.found()

    assert words(found, "failed", "pending") == set()
    assert {(one["name"], one["asked"], one["seen"]) for one in found if one["result"] != "ok"} == WANTS_A_LOGIN
    assert {one["name"] for one in found} == OUTSIDE


def test_from_the_jump_host_it_is_silent_too(single: Whole) -> None:
    found = single.found("--from", "ssh-jump", place="away")

    assert words(found, "failed", "pending") == set()
    assert {(one["name"], one["asked"], one["seen"]) for one in found if one["result"] != "ok"} == WANTS_A_LOGIN
    assert {(one["name"], one["family"]) for one in found if one["family"]} == {
        (kind, family) for kind in OUTSIDE for family in ("ipv4", "ipv6")
    }


def test_a_place_that_reaches_nothing_says_so_and_names_the_jump_host(single: Whole) -> None:
    ran = single.verify(place="away")

    found = outside(ran)
    assert ran.returncode == 2
    assert {one["result"] for one in found} == {"not checkable"}
    assert "--from ssh-jump" in next(one["fix"] for one in found if one["name"] == "api")


def test_the_jump_host_reaches_one_family_alone(single: Whole) -> None:
    with cut(single, "hub", "-6 route del fd00:100::/64 dev lan", "-6 route add fd00:100::/64 dev lan"):
        found = single.found("--from", "ssh-jump", place="away")

    assert words(found, "failed") == set()
    # Resolver and BMC are the jump host's own addresses here; what it says of the machine it says over IPv4.
    there = [one for one in found if one["name"] not in ("machine", "dns", "redfish")]
    assert {one["result"] for one in there if one["family"] == "ipv6"} == {"not checkable"}
    assert {one["result"] for one in there if one["family"] == "ipv4"} == {"ok"}
    assert any("no IPv6 route from the jump host" in one["seen"] for one in found)


def test_a_jump_host_that_is_not_it(single: Whole) -> None:
    single.spaces.ip("hub", "link set near down")
    try:
        ran = single.verify("--from", "ssh-jump", "--only", "api", place="away")
    finally:
        single.spaces.ip("hub", "link set near up")

    found = outside(ran)
    assert (ran.returncode, {one["result"] for one in found}) == (2, {"not checkable"})
    assert any("the jump host root@10.255.0.2" in one["seen"] for one in found)


class cut:
    """A network that lacks something for a while."""

    def __init__(self, site: Whole, part: str, *lines: str) -> None:
        """Take lines of ``ip``: those that cut, and after them as many that mend."""
        self._site, self._part = site, part
        half = len(lines) // 2
        self._cut, self._mend = lines[:half], lines[half:]

    def __enter__(self) -> None:
        for line in self._cut:
            self._site.spaces.ip(self._part, line)

    def __exit__(self, *_: object) -> None:
        for line in self._mend:
            self._site.spaces.ip(self._part, line)


def other_answer(text: str) -> dict[str, Any]:
    return {"answer": text}


UNAVAILABLE = other_answer("HTTP/1.1 503 Service Unavailable\r\n\r\n")
NOBODY = other_answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
Faults = dict[tuple[Kind, str], tuple[dict[str, Any] | None, str, str]]
"""By kind and address: what the server is, None for none; place and question of the check that finds it."""
ROUNDS: list[Faults] = [
    {
        (Kind.API, V6): (None, f"[{V6}]:6443", "HTTPS, GET /readyz"),
        (Kind.SUPERVISOR, V4): (None, f"{V4}:9345", "HTTPS, GET /cacerts"),
        (Kind.RANCHER, V6): (NOBODY, f"[{V6}]:443", "HTTPS, GET /ping"),
        (Kind.RANCHER, V4): ({"pem": OTHER.issue((V4,), ("other.example",))}, f"{V4}:443", "certificate: names"),
        (Kind.IRONIC, V6): (None, f"[{V6}]:6385", "HTTPS, GET /"),
        (Kind.IRONIC, V4): (UNAVAILABLE, f"{V4}:6385", "HTTPS, GET /"),
        (Kind.IMAGES, V6): (None, f"[{V6}]:6180", "HTTP, GET /"),
    },
    {
        (Kind.API, V4): (other_answer("HTTP/1.1 500 No\r\n\r\n[-]etcd failed\n"), f"{V4}:6443", "HTTPS, GET /readyz"),
        (Kind.SUPERVISOR, V6): ({"tls": False}, f"[{V6}]:9345", "HTTPS, GET /cacerts"),
        (Kind.RANCHER, V6): ({"pem": OTHER.issue((V6,), (FQDN,), days=-1)}, f"[{V6}]:443", "certificate: dates"),
        (Kind.RANCHER, V4): ({"pem": OTHER.issue((V4,), (FQDN,), days=5)}, f"{V4}:443", "certificate: dates"),
        (Kind.IMAGES, V4): (other_answer(""), f"{V4}:6180", "HTTP, GET /"),
    },
    {(Kind.API, V6): ({"pem": OTHER.issue((V4, V6), (FQDN,))}, f"[{V6}]:6443", "cluster: whose it is")},
]


@pytest.mark.parametrize("faults", ROUNDS)
def test_servers_with_faults_of_one_family(single: Whole, faults: Faults) -> None:
    single.serve({place: what for place, (what, _, _) in faults.items()})
    try:
        found = single.found()
    finally:
        single.mend()

    wanted = {(kind.value, at, asked) for (kind, _), (_, at, asked) in faults.items()}
    assert words(found, "failed") == wanted
    assert all(one["consequence"] and one["fix"] for one in found if one["result"] == "failed")


def test_records_that_lack(single: Whole) -> None:
    records = list(single.names.records)
    gone = [records.pop(3), records.pop(0)]
    single.names.serve(records)
    try:
        found = single.found("--only", "dns")
    finally:
        single.names.serve(single.names.records)

    assert {(name, at, asked.rpartition(" ")[2]) for name, at, asked in words(found, "failed")} == {
        ("dns", resolver, one.name) for resolver in RESOLVERS for one in gone
    }


def test_a_stranger_among_the_records(single: Whole) -> None:
    wrong = dataclasses.replace(single.names.records[0], value="192.168.100.99")
    single.names.serve([*single.names.records, wrong])
    try:
        found = single.found("--only", "dns", "--from", "ssh-jump", place="away")
    finally:
        single.names.serve(single.names.records)

    assert len(words(found, "failed")) == 2
    assert all("remove A 192.168.100.99" in one["fix"] for one in found if one["result"] == "failed")


MACHINE: list[tuple[tuple[str, ...], str, str]] = [
    ((f"-6 addr del {V6}/64 dev eth0", f"-6 addr add {V6}/64 dev eth0 nodad"), "addresses", "ipv6"),
    ((f"addr change {V6}/64 dev eth0 preferred_lft 0", f"addr change {V6}/64 dev eth0 preferred_lft forever"),
     "addresses", "ipv6"),
    (("-6 route del default", "-6 route add default via fe80::1 dev eth0"), "routes", "ipv6"),
    (("route del default", "route add default via 192.168.100.1 dev eth0"), "routes", "ipv4"),
    (("-6 route add default via fe80::9 dev eth0 metric 5", "-6 route del default via fe80::9 dev eth0"),
     "routes", "ipv6"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "asked", "family"), MACHINE)
def test_a_machine_whose_network_is_wrong(single: Whole, lines: tuple[str, ...], asked: str, family: str) -> None:
    with cut(single, "mgmt-1", *lines):
        found = single.found("--only", "machine")

    told = {(one["asked"], one["family"]) for one in found if one["result"] == "failed"}
    # An address that goes takes the route through its link with it.
    assert (asked, family) in told
    assert {one[1] for one in told} == {family}


def test_a_machine_where_another_one_has_the_address(single: Whole) -> None:
    """Duplicate address detection by the kernel itself."""
    single.spaces.ip("hub", f"addr add {V6}/64 dev lan nodad")
    single.spaces.ip("mgmt-1", f"-6 addr del {V6}/64 dev eth0")
    single.spaces.ip("mgmt-1", f"-6 addr add {V6}/64 dev eth0")
    try:
        found = single.found("--only", "machine", "--wait", "0")
        for _ in range(20):
            if any("has it (duplicate" in one["seen"] for one in found):
                break
            found = single.found("--only", "machine")
    finally:
        single.spaces.ip("hub", f"addr del {V6}/64 dev lan")
        single.spaces.ip("mgmt-1", f"-6 addr del {V6}/64 dev eth0")
        single.spaces.ip("mgmt-1", f"-6 addr add {V6}/64 dev eth0 nodad")

    assert any("has it (duplicate" in one["seen"] for one in found if one["result"] == "failed")


def edit(name: str, change: Callable[[str], str]) -> Callable[[Whole], None]:
    def edited(site: Whole) -> None:
        file = site.machines["mgmt-1"].files / name
        file.write_text(change(file.read_text()))

    return edited


STAMP = "stamp /etc/dualstack/site.json"
FILES: list[tuple[Callable[[Whole], None], str, str]] = [
    (edit("dualstack/site.json", lambda text: text.replace('"site": "paris"', '"site": "lyon"')), STAMP, "failed"),
    (edit("dualstack/site.json", lambda text: text.replace("mgmt-1", "mgmt-9")), STAMP, "failed"),
    (edit("dualstack/site.json", lambda text: "{"), STAMP, "not checkable"),
    (lambda site: site.machines["mgmt-1"].stamp.unlink(), STAMP, "not checkable"),
    (edit("resolv.conf", lambda text: text.replace(RESOLVERS[1], "fd00:100::99")), "resolvers", "failed"),
    (lambda site: site.machines["mgmt-1"].certify(site.authority, 3), "certificates of RKE2", "failed"),
]


@pytest.mark.parametrize(("fault", "asked", "result"), FILES)
def test_a_machine_whose_files_are_wrong(
    single: Whole, fault: Callable[[Whole], None], asked: str, result: str
) -> None:
    fault(single)
    try:
        found = single.found("--only", "machine")
    finally:
        single.mend()

    assert [(one["asked"], one["result"]) for one in found if one["result"] != "ok"] == [(asked, result)]


def test_what_is_merged_and_not_on_the_machine_is_pending(single: Whole) -> None:
    before = {**single.mapping, "image": {**single.mapping["image"], "kernelArgs": ["quiet"]}}
    plan = checked(before, (*TOKEN, *KEYS, "bmcPassword")).plan
    assert plan is not None
    single.machines["mgmt-1"].stamp.write_text(plan_stamp(dataclasses.replace(plan, name="paris")))
    try:
        ran = single.verify("--only", "machine")
        text = single.verify("--only", "machine", form="text").stdout
    finally:
        single.mend()

    pending = [one for one in outside(ran) if one["result"] == "pending"]
    assert [(one["asked"], one["day2"]) for one in pending] == [("stamp: kernel", "rolling")]
    assert ran.returncode == 0
    assert "to do: rolling: " in text


def test_a_machine_with_another_key(single: Whole) -> None:
    machine = single.machines["mgmt-1"].sshd
    machine.__exit__()
    own = (machine.folder / "host_ed25519").read_text()
    (machine.folder / "host_ed25519").write_text((machine.folder / "user").read_text())
    try:
        with machine:
            found = single.found("--only", "machine")
    finally:
        (machine.folder / "host_ed25519").write_text(own)
        machine.__enter__()

    (one, *_) = found
    assert one["result"] == "failed"
    assert "has another SSH key than nodes[0].sshHostKey" in one["seen"]


def test_without_a_key_the_machine_is_not_checkable(single: Whole) -> None:
    keys, single.keys = single.keys, {}
    try:
        found = single.found("--only", "machine")
    finally:
        single.keys = keys

    (one,) = found
    assert (one["result"], one["seen"]) == ("not checkable", "the secret sshKey is not at hand")
    assert "--secret sshKey=@FILE" in one["fix"]


def test_a_bmc_that_is_gone(single: Whole) -> None:
    single.bmcs[0].stop()
    found = single.found("--only", "redfish")

    assert words(found, "failed") == {("redfish", "rack1-01 [fd00:100::e1]:443", "HTTPS, GET /redfish/v1/")}
