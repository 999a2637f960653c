"""The rules that only policies have: their predicates, and libvirt and dnsmasq as judges of DHCP ranges."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dualstack.address.parsing import parse_prefix
from dualstack.document.findings import At
from dualstack.rules.program.program_resources import (
    RULES,
    bootstrap_password,
    dhcp_prefixes,
    dhcp_range,
    tight_prefixes,
)
from tests import PROJECT

KNOWN = [
    "admin", "password", "Password123!", "adminadminadmin", "P@ssw0rd-P@ssw0rd", "changeme-please", "rancher-demo-2024",
    "aaaaaaaaaaaaaaaa", "1234567890123456", "my-secret-password", "foobar", "LetMeIn-2024-2024",
]  # fmt: skip
GOOD = ["correct-horse-battery", "gT5vK9pQ2xWz", "zq7-Vb2-mK9-Lw4-Tx", "Rancher-of-the-lazy-L", "a b c d e f g h"]


@pytest.mark.parametrize("password", KNOWN)
def test_known_passwords(password: str) -> None:
    (finding,) = bootstrap_password(At((), password))
    assert finding.message == "the bootstrap password is one that everybody tries"
    # The short ones are words of the text itself.
    assert len(password) < 10 or password not in finding.message + finding.fix + finding.consequence


@pytest.mark.parametrize("password", GOOD)
def test_good_passwords(password: str) -> None:
    assert list(bootstrap_password(At((), password))) == []


def test_a_short_password() -> None:
    (finding,) = bootstrap_password(At((), "qz7Vb2mK"))
    assert finding.message == "the bootstrap password has 8 characters, at least 12 are wanted"
    assert list(bootstrap_password(At((), "qz7Vb2mK"), 8)) == []


RANGES = [
    ("fd00:1::/64", "fd00:1::2", "fd00:1::fffe", True),
    ("fd00:1::/64", "fd00:1::2", "fd00:1::ffff:ffff:ffff:fffe", False),
    ("fd00:1::/64", "fd00:1::2", "fd00:1::1:1", False),
    ("fd00:1::/64", "fd00:1::fff0", "fd00:1::1:5", False),
    ("fd00:1::/64", "fd00:2::2", "fd00:2::fffe", False),
    ("fd00:1::/64", "fd00:1::9", "fd00:1::2", False),
    ("fd00:1::/64", "fd00:1::9", "fd00:1::9", True),
    ("fd00:1::/112", "fd00:1::2", "fd00:1::fffe", True),
    ("10.1.0.0/24", "10.1.0.2", "10.1.0.254", True),
    ("10.0.0.0/8", "10.0.0.2", "10.255.255.254", False),
    ("10.0.0.0/8", "10.0.0.2", "10.0.255.255", True),
    ("10.1.0.0/24", "10.2.0.2", "10.2.0.9", False),
]


@pytest.mark.parametrize(("network", "start", "end", "fine"), RANGES)
def test_ranges(network: str, start: str, end: str, fine: bool) -> None:
    found = list(dhcp_range(start, end, (), [At((), parse_prefix(network))]))
    assert (not found) == fine
    for finding in found:
        assert finding.fix.startswith(("end it with ", "write "))


@pytest.mark.parametrize(("network", "start", "end", "fine"), RANGES)
def test_libvirt_says_the_same(tmp_path: Path, network: str, start: str, end: str, fine: bool) -> None:
    if shutil.which("virsh") is None:
        pytest.skip("no virsh (apt-get install libvirt-clients)")
    value = parse_prefix(network)
    family = "ipv6" if value.family == "ipv6" else "ipv4"
    ip = f'<ip family="{family}" address="{value.network.network_address + 1}" prefix="{value.network.prefixlen}">'
    xml = f'<network><name>x</name>{ip}<dhcp><range start="{start}" end="{end}"/></dhcp></ip></network>'
    file = tmp_path / "network.xml"
    file.write_text(xml)
    # Each run has a hypervisor of its own, which is gone afterwards.
    command = ["virsh", "-q", "-c", "test:///default", "net-define", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "range" not in done.stderr and done.returncode != 0:
        pytest.skip(f"virsh has no test driver: {done.stderr.strip()}")
    assert (done.returncode == 0) == fine, done.stderr


PREFIXES = [
    (["10.1.0.0/24", "fd00:1::/64"], True),
    (["10.1.0.0/24", "fd00:1::/112"], True),
    (["10.1.0.0/24", "fd00:1::/63"], False),
    (["10.1.0.0/29", "fd00:1::/125"], True),
    (["10.1.0.0/30", "fd00:1::/64"], False),
    (["10.1.0.0/24", "fd00:1::/126"], False),
    (["10.1.0.0/24", "10.2.0.0/24"], False),
    (["fd00:1::/64", "fd00:2::/64"], True),
]


@pytest.mark.parametrize(("prefixes", "fine"), PREFIXES)
def test_prefixes(prefixes: list[str], fine: bool) -> None:
    items = [At(("addresses", index), parse_prefix(text)) for index, text in enumerate(prefixes)]
    found = [*tight_prefixes(items), *dhcp_prefixes(items)]
    assert (not found) == fine
    assert all(finding.path == ("addresses", 0 if "/30" in prefixes[0] else 1) for finding in found)


@pytest.mark.parametrize(("length", "fine"), [(48, False), (63, False), (64, True), (112, True)])
def test_dnsmasq_says_the_same_of_ipv6(length: int, fine: bool) -> None:
    if shutil.which("dnsmasq", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("no dnsmasq (apt-get install dnsmasq-base)")
    command = ["/usr/sbin/dnsmasq", "--test", "-C", "/dev/null", f"--dhcp-range=fd00:1::2,fd00:1::fffe,{length}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) == fine, done.stderr
    assert (not list(dhcp_prefixes([At((), parse_prefix(f"fd00:1::/{length}"))]))) == fine


def test_every_one_of_them_is_a_policy() -> None:
    page = (PROJECT / "docs/policies.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"## {rule.id}" in page
