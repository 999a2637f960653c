"""A real libvirtd in network, mount and process namespaces of its own: what it makes ends with it.

Bridges, firewall rules, dnsmasq and VMs live in those namespaces; configuration, images and runtime files on file
systems in memory that only they see. The first process is ended by the kernel when the test process is, and with it
every other one, so nothing is left behind whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

from tests import PROJECT
from tests.lab.plugins import needed_namespaces
from tests.lab.tools import needed

START_TIMEOUT = 30.0
POOL = "lab"
OUTSIDE = "203.0.113.2"
OUTSIDE6 = "2001:db8:ffff::2"
GUEST = "guest"
"""Name of the network namespace that stands for a VM's inside; ``outside`` is the world beyond the hypervisor."""
SCRIPT = r"""set -e
mount --make-rprivate /
for place in /run /var/lib /var/log /var/cache /etc/libvirt; do mount -t tmpfs -o mode=755 lab $place; done
mount -t sysfs sysfs /sys
mkdir -p /run/lock /var/lib/misc /var/lib/lab-pool
# libvirtd knows the user and group of its VMs by name, and Debian's package for that would start services.
(grep -v ^libvirt-qemu: /etc/passwd; echo libvirt-qemu:x:0:0::/:/bin/false) >/run/passwd
(grep -vE '^(libvirt-qemu|kvm):' /etc/group; echo libvirt-qemu:x:0:; echo kvm:x:0:) >/run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
cat >/etc/libvirt/qemu.conf <<END
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
remember_owner = 0
END
ip link set lo up
# Nobody waits for the detection of duplicate addresses, a second each.
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip netns add outside
ip link add uplink type veth peer name eth0 netns outside
ip address add 203.0.113.1/24 dev uplink
ip address add 2001:db8:ffff::1/64 dev uplink nodad
ip link set uplink up
ip -n outside address add 203.0.113.2/24 dev eth0
ip -n outside address add 2001:db8:ffff::2/64 dev eth0 nodad
ip -n outside link set eth0 up
ip -n outside link set lo up
# The first process is the shell, which collects dead children; libvirtd would wait for those for ever.
{libvirtd} -f {folder}/libvirtd.conf &
wait $!
"""
CONFIG = """unix_sock_dir = "{folder}"
auth_unix_rw = "none"
auth_unix_ro = "none"
log_outputs = "3:file:{folder}/libvirtd.log"
"""


class Libvirtd:
    """One daemon with a storage pool ``lab``; ``start`` once, ``stop`` at the end."""

    def __init__(self, folder: Path) -> None:
        """Look for what is needed; the test is skipped where something is not here.

        Args:
            folder: an empty folder with a short path: a socket's may have 107 bytes.
        """
        needed_namespaces()
        self._libvirtd, self._virsh = needed("libvirtd"), needed("virsh")
        for binary in ("qemu-system-x86_64", "qemu-img", "dnsmasq", "iptables", "xsltproc"):
            needed(binary)
        self.folder = folder
        self.uri = f"qemu:///system?socket={folder}/libvirt-sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and make the pool."""
        (self.folder / "libvirtd.conf").write_text(CONFIG.format(folder=self.folder))
        script = SCRIPT.replace("{libvirtd}", str(self._libvirtd)).replace("{folder}", str(self.folder))
        spaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *spaces, "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            )
        end = time.monotonic() + START_TIMEOUT
        while not (self.folder / "libvirt-sock").exists() or self._try("uri").returncode:
            if time.monotonic() > end or self._process.poll() is not None:
                self.stop()
                raise AssertionError(self.log())
            time.sleep(0.05)
        self.virsh("pool-define-as", POOL, "dir", "--target", "/var/lib/lab-pool")
        self.virsh("pool-start", POOL)

    def stop(self) -> None:
        """Stop it with all that it made."""
        if self._process is not None:
            # Not unshare itself: it collects the other.
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(int(self._first()), signal.SIGKILL)
            self._process.wait(timeout=20)
            self._process = None

    def log(self) -> str:
        """Give what it said."""
        files = [self.folder / "output", self.folder / "libvirtd.log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def virsh(self, *arguments: str) -> str:
        """Run ``virsh ARGUMENTS``; give what it printed."""
        done = self._try(*arguments)
        assert done.returncode == 0, f"virsh {arguments}: {done.stderr}"
        return done.stdout.strip()

    def names(self, what: str) -> list[str]:
        """List names: ``what`` is ``net``, ``vm``, or ``vol``."""
        command = {
            "net": ("net-list", "--all", "--name"),
            "vm": ("list", "--all", "--name"),
            "vol": ("vol-list", POOL),
        }[what]
        lines = self.virsh(*command).splitlines()
        if what == "vol":
            lines = [line.split()[0] for line in lines[2:] if line.strip()]
        return sorted(line for line in lines if line)

    def network(self, name: str) -> ElementTree.Element:
        """Give a network's definition."""
        return ElementTree.fromstring(self.virsh("net-dumpxml", name))

    def domain(self, name: str) -> ElementTree.Element:
        """Give a VM's definition, with what is true while it runs."""
        return ElementTree.fromstring(self.virsh("dumpxml", name))

    def refusal(self, xml: str) -> str:
        """Give why libvirt does not start a network called ``other``; nothing where it does, and it is removed."""
        file = self.folder / "other.xml"
        file.write_text(xml)
        done = self._try("net-create", str(file))
        if done.returncode == 0:
            self.virsh("net-destroy", "other")
        return done.stderr.strip()

    def bridge(self, name: str) -> str:
        """Give the name of a network's bridge."""
        found = self.network(name).find("bridge")
        assert found is not None
        return found.attrib["name"]

    def starts_by_itself(self, info: str, name: str) -> bool:
        """Tell whether a network (``net-info``) or VM (``dominfo``) starts with the hypervisor."""
        return self.virsh(info, name).partition("Autostart:")[2].split()[0] in ("yes", "enable")

    def clear(self) -> None:
        """Remove every VM, network and volume, whoever made it."""
        for name in self.names("vm"):
            self._try("destroy", name)
            self.virsh("undefine", name, "--nvram")
        for name in self.names("net"):
            self._try("net-destroy", name)
            self.virsh("net-undefine", name)
        for name in self.names("vol"):
            self.virsh("vol-delete", name, POOL)
        self._inside("ip", "netns", "delete", GUEST, check=False)

    def run(self, *command: str) -> str:
        """Run a command on the hypervisor, that is in the daemon's namespaces; give what it printed."""
        return self._inside(*command).stdout

    def dig(self, name: str, kind: str, server: str) -> list[str]:
        """Ask a name server from the hypervisor; give the values, sorted."""
        code = (
            "import sys, dns.message, dns.query\n"
            "answer = dns.query.udp(dns.message.make_query(sys.argv[1], sys.argv[2]), sys.argv[3], timeout=5)\n"
            "print(*sorted(item.to_text() for found in answer.answer for item in found))"
        )
        return self.run(sys.executable, "-c", code, name, kind, server).split()

    def attach_guest(self, network: str, ipv4: str, ipv6: str) -> None:
        """Attach a guest to a network: static addresses of /24 and /64, the bridge's first ones as gateways."""
        self._inside("ip", "netns", "delete", GUEST, check=False)
        commands = [
            f"netns add {GUEST}",
            f"link add tap-guest type veth peer name eth0 netns {GUEST}",
            # A port of libvirt's bridge forwards after four seconds of spanning tree, else.
            f"link set {self.bridge(network)} type bridge stp_state 0",
            f"link set tap-guest master {self.bridge(network)} up",
            f"-n {GUEST} link set lo up",
            f"-n {GUEST} link set eth0 up",
            f"-n {GUEST} address add {ipv4}/24 dev eth0",
            f"-n {GUEST} address add {ipv6}/64 dev eth0 nodad",
            f"-n {GUEST} route add default via {re.sub('[0-9]+$', '1', ipv4)}",
            f"-n {GUEST} route add default via {re.sub('[0-9a-f]+$', '1', ipv6)}",
            # The world knows the way in, so that only a filter can keep it out.
            f"-n outside route replace {ipv4} via 203.0.113.1",
            f"-n outside route replace {ipv6} via 2001:db8:ffff::1",
        ]
        for command in commands:
            self.run("ip", *command.split())

    def reaches(self, place: str, target: str, from_: str) -> str | None:
        """Try TCP between namespaces; give the address that the server saw, or None where it got nothing.

        Args:
            place: namespace of the server, which listens on ``target``.
            target: its address.
            from_: namespace of the client.
        """
        server = (
            "import socket, sys\n"
            "found = socket.create_server((sys.argv[1], 8080), family=socket.AF_INET6 if ':' in sys.argv[1] else "
            "socket.AF_INET)\n"
            "found.settimeout(2.5)\n"
            "print('ready', flush=True)\n"
            "print(found.accept()[1][0])"
        )
        client = "import socket, sys; socket.create_connection((sys.argv[1], 8080), timeout=2).close()"
        command = self._enter(["ip", "netns", "exec", place, sys.executable, "-c", server, target])
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            done = self._inside("ip", "netns", "exec", from_, sys.executable, "-c", client, target, check=False)
            seen = process.stdout.readline().strip()
        return None if done.returncode else seen

    def _inside(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self._enter(list(command)), capture_output=True, text=True, check=False, timeout=60, cwd=PROJECT
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def _enter(self, command: list[str]) -> list[str]:
        return ["nsenter", "--target", self._first(), "--net", "--mount", "--pid", "--", *command]

    def _first(self) -> str:
        """Give the first process of the namespaces, unshare's child."""
        assert self._process is not None
        pid = self._process.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]

    def _try(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._virsh, "-c", self.uri, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "LC_ALL": "C"},
        )
