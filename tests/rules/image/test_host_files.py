"""Files and packages of the image that take IPv6, or the CNI, away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dualstack.check.checked import check_site
from dualstack.check.named_files import with_files
from dualstack.document.findings import At
from dualstack.document.origins import format_path
from dualstack.eib import build_tree
from dualstack.plan.model import Plan
from dualstack.rules.image.host_files import host_files, is_judged
from tests import PROJECT
from tests.eib.support import Given
from tests.plan.plans import plan
from tests.rules.cases import changed, tell
from tests.sites import SECRETS, found, resolved

CNI_CONF = "os-files/etc/NetworkManager/conf.d/rke2-canal.conf"
UNMANAGED = (
    "[keyfile]\nunmanaged-devices=interface-name:flannel*;interface-name:cali*;interface-name:tunl*;"
    "interface-name:vxlan.calico;interface-name:vxlan-v6.calico;interface-name:wireguard.cali;interface-name:wg-v6.cali\n"
)


def with_cni(cni: str, **cluster: Any) -> Plan:
    return plan(cluster={"cni": cni, **cluster})


@pytest.mark.parametrize(
    ("made", "there"),
    [
        (with_cni("canal"), True),
        (with_cni("calico"), True),
        (with_cni("canal", multus=True), True),
        (with_cni("cilium"), False),
        (with_cni("cilium", multus=True), False),
        (with_cni("none"), False),
        (with_cni("cilium", server={"cni": ["multus", "canal"]}), True),
        (with_cni("canal", server={"cni": "cilium"}), False),
    ],
)
def test_networkmanager_leaves_the_interfaces_of_canal_and_calico_alone(made: Plan, there: bool) -> None:
    files = build_tree(made).files
    assert (files[CNI_CONF].text if CNI_CONF in files else None) == (UNMANAGED if there else None)


def test_a_file_of_the_sites_own_goes_before() -> None:
    made = plan(cluster={"cni": "canal"}, image={"files": "own"})
    assert build_tree(made, files=Given(**{CNI_CONF: b"mine"})).files[CNI_CONF].text == "mine"


@pytest.mark.parametrize(
    "name", ["firewalld", "firewalld-2.0.1", "firewalld >= 2", "firewall-config", "yast2-firewall"]
)
@pytest.mark.parametrize("cni", ["canal", "calico"])
def test_firewalld_beside_canal(cni: str, name: str) -> None:
    data = changed("address", (cni, "cluster", "cni"), (["tcpdump", name], "image", "packages", "names"))
    severity, path, fix = tell(data, "DS173")
    assert (severity, path) == ("error", "image.packages.names[1]")
    assert fix == "remove it, or set cluster.cni to cilium"


@pytest.mark.parametrize(("cni", "name"), [("cilium", "firewalld"), ("none", "firewalld"), ("canal", "firewalld-lang"),
                                          ("canal", "python3-firewall"), ("canal", "nftables")])  # fmt: skip
def test_no_firewalld_beside_canal(cni: str, name: str) -> None:
    data = changed("address", (cni, "cluster", "cni"), ([name], "image", "packages", "names"))
    assert found(data, "DS173") == []


def judged(folder: Path, cni: str = "cilium", **files: str) -> list[tuple[str, str, str]]:
    """Give severity, path and message of what is found in a site's own files."""
    shutil.copy(PROJECT / "Pulumi.yaml", folder)
    for name, text in files.items():
        (folder / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "own" / name).write_text(text)
    data = changed("address", ("own", "image", "files"), (cni, "cluster", "cni"))
    checked = with_files(folder, check_site("a", resolved(data, SECRETS)))
    told = [item for item in checked.findings if item.rule.id[:5] in ("DS172", "DS173")]
    assert all(item.fix and item.consequence for item in told)
    return [(str(item.severity), format_path(item.path), item.message) for item in told]


D = "os-files/etc/sysctl.d"
ALL = "net.ipv6.conf.all.disable_ipv6 = 1\n"
OFF: list[dict[str, str]] = [
    {f"{D}/90-mine.conf": ALL},
    {f"{D}/90-mine.conf": "# off\n-net.ipv6.conf.default.disable_ipv6=1"},
    {f"{D}/90-mine.conf": "net/ipv6/conf/all/disable_ipv6=1"},
    {f"{D}/90-mine.conf": "net.ipv6.conf.*.disable_ipv6=1"},
    {"os-files/etc/sysctl.conf": ALL},
    {"os-files/usr/lib/sysctl.d/50-x.conf": ALL},
    {"os-files/run/sysctl.d/50-x.conf": ALL},
    {f"{D}/10-on.conf": "net.ipv6.conf.all.disable_ipv6 = 0", f"{D}/90-off.conf": ALL},
    {"custom/scripts/55-x.sh": "#!/bin/bash\nsysctl -w net.ipv6.conf.all.disable_ipv6=1\n"},
    {"custom/scripts/55-x.sh": "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"},
    {"custom/scripts/55-x.sh": "echo 1 | tee /proc/sys/net/ipv6/conf/all/disable_ipv6"},
    {"custom/scripts/55-x.sh": 'echo "net.ipv6.conf.all.disable_ipv6 = 1" >> /etc/sysctl.conf'},
    {"os-files/etc/modprobe.d/ipv6.conf": "options ipv6 disable=1"},
    {"os-files/etc/modprobe.d/ipv6.conf": "blacklist ipv6"},
    {"os-files/etc/modprobe.d/ipv6.conf": "install ipv6 /bin/true"},
]


@pytest.mark.parametrize("files", OFF)
def test_files_that_switch_ipv6_off(files: dict[str, str], tmp_path: Path) -> None:
    ((severity, path, message),) = judged(tmp_path, **files)
    assert (severity, path) == ("error", "image.files")
    assert list(files)[-1] in message


@pytest.mark.parametrize("line", ["net.ipv6.conf.eth0.disable_ipv6=1", "net.ipv6.conf.lo.disable_ipv6 = 1"])
def test_a_nic_of_the_nodes_own_is_a_warning(line: str, tmp_path: Path) -> None:
    """NetworkManager switches it on again (tests/truth)."""
    ((severity, path, _),) = judged(tmp_path, **{f"{D}/90-mine.conf": line})
    assert (severity, path) == ("warning", "image.files")


ON: list[dict[str, str]] = [
    {f"{D}/90-mine.conf": "net.ipv6.conf.all.disable_ipv6 = 0"},
    {f"{D}/90-mine.conf": "#net.ipv6.conf.all.disable_ipv6 = 1\n;net.ipv6.conf.all.disable_ipv6=1"},
    {f"{D}/90-mine.conf": "net.ipv6.conf.docker0.disable_ipv6 = 1"},
    {f"{D}/10-off.conf": ALL, f"{D}/90-on.conf": "net.ipv6.conf.all.disable_ipv6 = 0"},
    {"os-files/usr/lib/sysctl.d/50-x.conf": ALL, f"{D}/50-x.conf": "# masked"},
    {f"{D}/90-mine.txt": ALL},
    {"os-files/root/notes.conf": ALL},
    {"custom/scripts/55-x.sh": "# sysctl -w net.ipv6.conf.all.disable_ipv6=1"},
    {"custom/scripts/55-x.sh": "sysctl -w net.ipv6.conf.all.disable_ipv6=0"},
    {"os-files/etc/modprobe.d/x.conf": "options ipv6 disable=0\nblacklist ipv6_tables"},
    {f"{D}/90-mine.conf": "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n"},
    {"rpms/firewalld-2.0.1-1.noarch.rpm": ""},
]


@pytest.mark.parametrize("files", ON)
def test_files_that_leave_ipv6_on(files: dict[str, str], tmp_path: Path) -> None:
    assert judged(tmp_path, **files) == []


def test_firewalld_as_an_rpm_of_the_sites_own(tmp_path: Path) -> None:
    ((severity, path, _),) = judged(tmp_path, "canal", **{"rpms/firewalld-2.0.1-1.noarch.rpm": ""})
    assert (severity, path) == ("error", "image.files")


KEYFILE = "os-files/etc/NetworkManager/system-connections/eth0.nmconnection"
METHOD = "[connection]\ninterface-name={}\n[ipv6]\nmethod={}\n"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("os-files/etc/default/grub", 'GRUB_CMDLINE_LINUX="ipv6.disable=1"\n', 1),
        ("os-files/etc/kernel/cmdline", "quiet ipv6.disable=1\n", 1),
        ("os-files/etc/kernel/cmdline", "quiet modprobe.blacklist=nouveau,ipv6\n", 1),
        ("os-files/etc/default/grub", 'GRUB_CMDLINE_LINUX="initcall_blacklist=inet6_init"\n', 1),
        ("os-files/etc/kernel/cmdline", "quiet modprobe.blacklist=nouveau,ipv6_tables\n", None),
        ("os-files/etc/cmdline.d/9.conf", "ipv6.disable_ipv6=1\n", 1),
        ("os-files/etc/tmpfiles.d/9.conf", "w /proc/sys/net/ipv6/conf/all/disable_ipv6 - - - - 1\n", 1),
        ("custom/scripts/60.sh", "#!/bin/sh\nsed -i s/quiet/ipv6.disable=1/ /etc/default/grub\n", 2),
        ("custom/scripts/60.sh", "nmcli con mod eth0 ipv6.method disabled\n", 1),
        (KEYFILE, METHOD.format("eth0", "disabled"), 4),
        ("os-files/etc/default/grub", "# ipv6.disable=1\nipv6.disable=0\n", None),
        ("os-files/etc/tmpfiles.d/9.conf", "w /proc/sys/net/ipv6/conf/all/disable_ipv6 - - - - 0\n", None),
        ("custom/scripts/60.sh", "nmcli con mod eth5 ipv6.method disabled\n", None),
        ("custom/scripts/60.sh", "nmcli con mod eth0 ipv4.method disabled\n", None),
        (KEYFILE, METHOD.format("eth5", "disabled"), None),
        (KEYFILE, METHOD.format("eth0", "auto"), None),
    ],
)
def test_other_ways_to_switch_ipv6_off(name: str, text: str, line: int | None) -> None:
    assert is_judged(name)
    told = list(host_files([At((name,), text)], ("image", "files"), {"eth0"}, calico=False))
    assert [finding.fix for finding in told] == ([f"remove the line in {name}:{line}"] if line else [])
