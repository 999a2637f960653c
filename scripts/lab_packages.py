"""Install the Debian packages that the tests' lab needs, where that asks for no password; else say what is skipped.

Called by ``make test``, and with the argument ``truth`` by ``make truth``. Quiet when all is there; never the reason
why a test run fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """A Debian package, what it must give, and what is not tested without it."""

    package: str
    binaries: tuple[str, ...]
    tests: str
    units: tuple[str, ...] = ()
    """Services that the package would start; they stay off."""
    beside: str = ""
    """A program without which the package is of no use here, so that it is neither installed nor missed."""


BIND = Package("bind9", ("named",), "our DNS resources against a real BIND", ("named.service",))
PACKAGES: tuple[Package, ...] = (
    BIND,
    Package("bind9-utils", ("named-checkzone", "named-checkconf"), "what BIND says to the DNS text that we render"),
    Package("knot", ("knotd",), "our DNS resources against a real Knot DNS", ("knot.service",)),
    Package("openssh-server", ("sshd",), "waits and kubeconfigs by SSH against a real server", ("ssh.service",)),
    Package("openssh-client", ("ssh-keygen", "ssh-agent"), "the same: the servers' keys"),
    Package("openssl", ("openssl",), "certificates of servers that the lab starts"),
    Package("xsltproc", ("xsltproc",), "the XSLT that libvirt gets from us"),
    # Not libvirt-daemon-system, which starts services: the lab starts a daemon of its own.
    *(
        Package(name, binaries, "libvirt hosts with Pulumi's libvirt plugin", beside="pulumi-resource-libvirt")
        for name, binaries in (
            ("libvirt-daemon", ("libvirtd",)),
            ("libvirt-clients", ("virsh",)),
            ("qemu-system-x86", ("qemu-system-x86_64",)),
            ("qemu-utils", ("qemu-img",)),
            ("dnsmasq-base", ("dnsmasq",)),
            ("iptables", ("iptables",)),
        )
    ),
)
TRUTH: tuple[Package, ...] = (
    BIND,
    Package(
        "network-manager",
        ("NetworkManager", "nm-online", "nmcli"),
        "our network files on a real NetworkManager",
        (
            "NetworkManager.service",
            "NetworkManager-dispatcher.service",
            "NetworkManager-wait-online.service",
        ),
    ),
    Package("radvd", ("radvd",), "the same: router advertisements", ("radvd.service",)),
    Package("dnsmasq-base", ("dnsmasq",), "the same: DHCP of both families"),
    Package("dbus-daemon", ("dbus-daemon",), "the same: the bus on which NetworkManager is asked"),
    Package("user-mode-linux", ("linux.uml",), "the same: bonds and VLANs, under a kernel that has them"),
    Package("kmod", ("modprobe",), "the same: that kernel's modules"),
    Package("genisoimage", ("genisoimage", "isoinfo"), "a real Ironic: the media that it makes for BMCs"),
    Package("dosfstools", ("mkfs.fat",), "the same: what boots in them"),
    Package("lshw", ("lshw",), "the same: the agent of its ramdisk"),
)
"""What `make truth` needs: other people's software that takes what we write."""
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
TIMEOUT = 300
"""Seconds for one apt-get; a closed machine must not hold up the tests for longer."""


def missing(packages: tuple[Package, ...]) -> list[Package]:
    """Give the packages of which a program is not here; Debian's sbin counts although it may not be on PATH."""
    return [
        item
        for item in packages
        if (not item.beside or shutil.which(item.beside))
        and not all(shutil.which(binary) or shutil.which(binary, path=SBIN) for binary in item.binaries)
    ]


def root_prefix() -> list[str] | None:
    """Give what makes a command run as root without a question, or None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False, timeout=30).returncode == 0:
        return [sudo, "-n"]
    return None


def install(packages: list[Package]) -> str:
    """Install packages; give what went wrong, or nothing.

    Servers that come with them are not started, now or at boot: the lab starts its own on loopback.
    """
    prefix = root_prefix()
    if shutil.which("apt-get") is None:
        return "this is no Debian"
    if prefix is None:
        return "neither root nor sudo without a password"
    print(f"lab: installing {', '.join(item.package for item in packages)}", flush=True)
    units = [unit for item in packages for unit in item.units] if Path("/run/systemd/system").is_dir() else []
    if units:
        _run([*prefix, "systemctl", "mask", "--runtime", *units])
    try:
        return _apt([item.package for item in packages], prefix)
    finally:
        if units:
            _run([*prefix, "systemctl", "unmask", "--runtime", *units])
            _run([*prefix, "systemctl", "disable", *units])


def _apt(names: list[str], prefix: list[str]) -> str:
    # RUNLEVEL=1 is for machines without systemd: invoke-rc.d starts nothing there.
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    command = [*prefix, *quiet, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", "-y"]
    for attempt in ([*command, "install", *names], [*command, "update"], [*command, "install", *names]):
        done = _run(attempt)
        if done.returncode == 0 and attempt[-1] != "update":
            return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"apt-get ended with {done.returncode}"


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)


def main(arguments: Sequence[str] = ()) -> int:
    """Bring what is missing; always end with 0.

    Args:
        arguments: ``truth`` for what the truth tests need, none for the others.
    """
    packages = TRUTH if "truth" in arguments else PACKAGES
    wanted = missing(packages)
    if not wanted:
        return 0
    try:
        trouble = install(wanted)
    except (OSError, subprocess.SubprocessError) as error:
        trouble = str(error)
    for item in missing(packages):
        print(
            f"lab: {item.package} is not here ({trouble or 'the package did not bring it'}): not tested: {item.tests}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
