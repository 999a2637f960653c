from __future__ import annotations

import pytest

from tests.rules.cases import Change, changed, one, tell
from tests.sites import checked, found, put, told

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBtest admin@example.com"
HASH = "$6$saltsalt$" + "x" * 86
ROOT = {"username": "root", "sshKeys": [KEY]}
LIBVIRT = ("host", "libvirt")
VM: Change = ({"kind": "libvirt", "libvirt": {"image": "/var/lib/img.raw"}}, "host")


@pytest.mark.parametrize(
    ("changes", "rule", "severity", "path", "fix"),
    [
        ([([{"username": "root"}], "image", "users")], "DS114", "error", "image.users[0]", "add sshKeys"),
        ([([ROOT, ROOT], "image", "users")], "DS114", "error", "image.users[1].username", "merge the two"),
        (
            [([ROOT | {"username": "Root User"}], "image", "users")],
            "DS114",
            "error",
            "image.users[0].username",
            "lower-case",
        ),
        (
            [([{"username": "root", "encryptedPassword": "foobar"}], "image", "users")],
            "DS114",
            "error",
            "image.users[0].encryptedPassword",
            "openssl passwd -6",
        ),
        ([([ROOT | {"sshKeys": ["AAAA"]}], "image", "users")], "DS114", "error", "image.users[0].sshKeys[0]", ".pub"),
        ([], "DS115", "info", "image.users", "add image.users with an SSH key"),
        ([("raw", "image", "type"), ("40GB", "image", "diskSize")], "DS116", "error", "image.diskSize", "write 40G"),
        ([("40G", "image", "diskSize")], "DS116", "warning", "image.diskSize", "set image.type to raw"),
        (
            [("raw", "image", "type"), ("/dev/sda", "image", "installDevice")],
            "DS116",
            "warning",
            "image.installDevice",
            "set image.type to iso",
        ),
        ([("sda", "image", "installDevice")], "DS116", "error", "image.installDevice", "write /dev/sda"),
        ([(["console="], "image", "kernelArgs")], "DS117", "error", "image.kernelArgs[0]", "write key=value"),
        (
            [(["console=ttyS0", "console=tty0"], "image", "kernelArgs")],
            "DS117",
            "error",
            "image.kernelArgs[1]",
            "keep one",
        ),
        ([(["quiet splash"], "image", "kernelArgs")], "DS117", "error", "image.kernelArgs[0]", "item of its own"),
        ([(["fips=1"], "image", "kernelArgs")], "DS117", "error", "image.kernelArgs[0]", "remove it"),
        ([(["jq", "jq"], "image", "packages", "names")], "DS118", "warning", "image.packages.names[1]", "remove it"),
        (
            [([{"url": "https://r.example.com", "priority": 100}], "image", "packages", "repositories")],
            "DS118",
            "error",
            "image.packages.repositories[0].priority",
            "write 99",
        ),
        (
            [([{"url": "https://r.example.com"}] * 2, "image", "packages", "repositories")],
            "DS118",
            "error",
            "image.packages.repositories[1].url",
            "remove one",
        ),
        ([(True, "image", "time", "forceWait")], "DS119", "error", "image.time.forceWait", "add image.time.ntpServers"),
        ([("Europe Paris", "image", "time", "timezone")], "DS119", "error", "image.time.timezone", "Europe/Paris"),
        (
            [([{"uri": "https://r.example.com", "username": "u", "passwordKey": "appsToken"}], "image", "registries")],
            "DS121",
            "error",
            "image.registries[0].uri",
            "write r.example.com",
        ),
        (
            [([{"uri": "r.example.com", "username": "u", "passwordKey": "appsToken"}] * 2, "image", "registries")],
            "DS121",
            "error",
            "image.registries[1].uri",
            "remove one",
        ),
        ([(["docker://a/b:1"], "image", "images")], "DS121", "error", "image.images[0]", "write a/b:1"),
        ([("/etc/eib", "image", "files")], "DS122", "error", "image.files", "write eib"),
        ([("../eib", "image", "files")], "DS122", "error", "image.files", "write eib"),
        ([(["/tmp/x.yaml"], "manifests")], "DS122", "error", "manifests[0]", "write x.yaml"),
        ([(["ftp://a/x.yaml"], "manifests")], "DS122", "error", "manifests[0]", "http or https URL"),
        ([(["a.yaml", "a.yaml"], "manifests")], "DS122", "error", "manifests[1]", "remove one"),
        (
            [VM, ({"mode": "bridge"}, *LIBVIRT, "network")],
            "DS123",
            "error",
            "host.libvirt.network.bridge",
            "such as br0",
        ),
        (
            [VM, ("192.168.100.1/24", "nodes", 0, "interfaces", 0, "ipv4", "address")],
            "DS123",
            "error",
            "nodes[0].interfaces[0].ipv4.address",
            "another address",
        ),
        (
            [VM, ({"dhcp": True, "reservation": "192.168.100.10"}, "nodes", 0, "interfaces", 0, "ipv4")],
            "DS123",
            "error",
            "host.libvirt.network.ipv4",
            "set host.libvirt.network.ipv4 to",
        ),
        (
            [
                VM,
                ({"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}, "nodes", 0, "interfaces", 0, "ipv6"),
                ("fd00:100::/80", *LIBVIRT, "network", "ipv6"),
            ],
            "DS124",
            "error",
            "host.libvirt.network.ipv6",
            "write fd00:100::/64",
        ),
        (
            [
                VM,
                ({"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}, "nodes", 0, "interfaces", 0, "ipv6"),
                ("fd00:100::/56", *LIBVIRT, "network", "ipv6"),
            ],
            "DS160",
            "error",
            "host.libvirt.network.ipv6",
            "write fd00:100::/64, or give the node static addresses",
        ),
        (
            [
                VM,
                ({"dhcp": True, "reservation": "192.168.100.10"}, "nodes", 0, "interfaces", 0, "ipv4"),
                ("192.168.100.8/30", *LIBVIRT, "network", "ipv4"),
            ],
            "DS160",
            "error",
            "host.libvirt.network.ipv4",
            "write a prefix of /29 or shorter",
        ),
        (
            # The provider refuses it without DHCP, too.
            [VM, ("192.168.100.8/30", *LIBVIRT, "network", "ipv4")],
            "DS160",
            "error",
            "host.libvirt.network.ipv4",
            "write a prefix of /29 or shorter",
        ),
        (
            [VM, ("libvirt", "dns", "backend"), (["192.168.100.1", "fd00:100::53"], "dns", "resolvers")],
            "DS155",
            "warning",
            "dns.resolvers[1]",
            "write 192.168.100.1 and fd00:100::1 alone",
        ),
        ([VM, (8192, *LIBVIRT, "memory")], "DS125", "warning", "host.libvirt.memory", "write 32768"),
        ([VM, (2, *LIBVIRT, "vcpus")], "DS125", "warning", "host.libvirt.vcpus", "write 8"),
        ([VM, (20, *LIBVIRT, "diskSize")], "DS125", "warning", "host.libvirt.diskSize", "write 100"),
        ([("libvirt", "host", "kind")], "DS126", "error", "host.libvirt.image", "set host.libvirt.image"),
        ([("libvirt", "dns", "backend")], "DS127", "error", "dns.backend", "set dns.backend to existing"),
        (
            [VM, ({"mode": "bridge", "bridge": "br0"}, *LIBVIRT, "network"), ("libvirt", "dns", "backend")],
            "DS127",
            "error",
            "dns.backend",
            "set dns.backend to existing",
        ),
    ],
)
def test_finding(changes: list[Change], rule: str, severity: str, path: str, fix: str) -> None:
    told_of = tell(changed("address", *changes), rule)
    assert told_of[:2] == (severity, path)
    assert fix in told_of[2]


def test_a_full_image_is_clean() -> None:
    data = changed(
        "hostname",
        ([ROOT, {"username": "admin", "encryptedPassword": HASH}], "image", "users"),
        ("/dev/sda", "image", "installDevice"),
        (["console=ttyS0", "quiet"], "image", "kernelArgs"),
        ({"names": ["vim"], "repositories": [{"url": "https://r.example.com", "priority": 0}]}, "image", "packages"),
        (
            {"timezone": "America/Argentina/Buenos_Aires", "ntpPools": ["pool.example.com"], "forceWait": True},
            "image",
            "time",
        ),
        ([{"uri": "dp.apps.rancher.io", "username": "u", "passwordKey": "appsToken"}], "image", "registries"),
        (["registry.example.com:5000/a/b:1.0"], "image", "images"),
        ("eib/files", "image", "files"),
        (["manifests/a.yaml", "https://example.com/b.yaml"], "manifests"),
    )
    assert told(data) == []
    assert found(data, "DS115") == []


GATEWAY6 = ("nodes", 0, "interfaces", 0, "ipv6", "gateway")
BRIDGE6 = ("fd00:100::1", *GATEWAY6)


@pytest.mark.parametrize("mode", ["nat", "route"])
@pytest.mark.parametrize(
    ("family", "gateway", "bridge"),
    [("ipv6", "fe80::1", "fd00:100::1"), ("ipv6", "fd00:100::2", "fd00:100::1"),
     ("ipv4", "192.168.100.254", "192.168.100.1")],
)  # fmt: skip
def test_the_gateway_is_the_bridge(mode: str, family: str, gateway: str, bridge: str) -> None:
    path = ("nodes", 0, "interfaces", 0, family, "gateway")
    data = changed("address", VM, (mode, *LIBVIRT, "network", "mode"), BRIDGE6, (gateway, *path))
    assert tell(data, "DS143") == ("error", f"nodes[0].interfaces[0].{family}.gateway", f"write {bridge}")
    assert found(put(data, bridge, *path), "DS143") == []
    outside = put(data, {"mode": "bridge", "bridge": "br0"}, *LIBVIRT, "network")
    assert found(put(outside, gateway, *path), "DS143") == []


@pytest.mark.parametrize(
    "argument",
    [
        *("ipv6.disable=1", "ipv6.disable_ipv6=1", "ipv6.disable-ipv6=1", "sysctl.net.ipv6.conf.all.disable_ipv6=1"),
        *("modprobe.blacklist=ipv6", "module_blacklist=ipv6", "module-blacklist=ipv6", "initcall_blacklist=inet6_init"),
    ],
)
def test_ipv6_stays_on(argument: str) -> None:
    data = changed("address", (["quiet", argument], "image", "kernelArgs"))
    assert tell(data, "DS141") == ("error", "image.kernelArgs[1]", "remove it")
    assert one(data, "DS141").rule.firm
    assert told(put(data, ["quiet", "ipv6.disable=0", "ipv6.autoconf=1"], "image", "kernelArgs")) == []


def test_a_blacklist_keeps_its_other_names() -> None:
    data = changed("address", (["modprobe.blacklist=nouveau,ipv6,floppy"], "image", "kernelArgs"))
    wanted = "modprobe.blacklist=nouveau,floppy"
    assert tell(data, "DS141") == ("error", "image.kernelArgs[0]", f'write "{wanted}"')
    assert told(put(data, [wanted, "module_blacklist=ipv6_tables"], "image", "kernelArgs")) == []


def test_without_packages_no_source_is_wanted() -> None:
    data = changed("address", ({}, "image", "packages"), (False, "charts", "storage", "enabled"))
    assert found(data, "DS140") == []
    root = put(data, [{"username": "root", "encryptedPassword": HASH}], "image", "users")
    assert "openssh-server-config-rootlogin" in one(root, "DS140").message


def test_packages_have_a_source() -> None:
    data = changed("address", ({}, "image", "packages"))
    severity, path, fix = tell(data, "DS140")
    assert (severity, path) == ("warning", "image.packages")
    assert fix.startswith("set image.packages.sccRegistrationCodeKey to sccRegistrationCode")
    assert one(put(data, "eib/files", "image", "files"), "DS140").severity == "info"
    for packages in ({"sccRegistrationCodeKey": "code"}, {"repositories": [{"url": "https://r.example.com"}]}):
        assert found(changed("address", (packages, "image", "packages")), "DS140") == []


def test_a_vm_is_clean() -> None:
    own = (["192.168.100.1", "fd00:100::1"], "dns", "resolvers")
    data = changed("hostname", VM, BRIDGE6, ("libvirt", "dns", "backend"), own)
    assert told(data) == []
    assert told(put(data, {"mode": "bridge", "bridge": "br0"}, *LIBVIRT, "network")) == ["DS127-libvirt-dns"]
    built = changed("hostname", ("libvirt", "host", "kind"), ("local", "image", "build"), BRIDGE6)
    assert told(built) == []


def test_a_machine_that_is_there_needs_none_of_it() -> None:
    data = changed("address", (1, *LIBVIRT, "memory"), ("10.0.0.0/24", *LIBVIRT, "network", "ipv4"))
    assert found(data, "DS125") == found(data, "DS123") == found(data, "DS126") == []


def test_a_password_is_not_shown() -> None:
    data = changed("address", ([{"username": "root", "encryptedPassword": "hunter2"}], "image", "users"))
    assert "hunter2" not in str([(f.message, f.fix) for f in checked(data).findings])
    assert one(data, "DS114").message == "the password of root is no crypt(3) hash"
