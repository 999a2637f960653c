"""A real NetworkManager for one node: network, mount, process and host name namespaces of its own, and a router.

The node's NICs are veths with the MACs that the test wants; their other ends are on the router's bridge, one network
namespace further, where radvd and dnsmasq may run. Configuration and run-time files lie on file systems in memory that
only these namespaces see. The first process is ended by the kernel when the test process is, and every other with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.lab.plugins import needed_namespaces
from tests.lab.router import Router
from tests.lab.tools import needed

START_TIMEOUT = 30.0
SCRIPT = r"""set -e
mount --make-rprivate /
for place in /run /etc/NetworkManager /var/lib/NetworkManager; do mount -t tmpfs -o mode=755 lab $place; done
mkdir -p /run/dbus /run/lab /etc/NetworkManager/system-connections /etc/NetworkManager/conf.d
: >/run/lab/resolv.conf; mount --bind /run/lab/resolv.conf /etc/resolv.conf
echo mgmt-1 >/run/lab/hostname; mount --bind /run/lab/hostname /etc/hostname
hostname mgmt-1
mount -t sysfs sysfs /sys
# NetworkManager waits for no udev where it cannot write here.
mount -o remount,bind,ro /sys
ip link set lo up
sh {folder}/router.sh
sh {folder}/before.sh
if [ -x "{nmc}" ]; then
    {nmc} apply --config-dir {folder}/config
else
    cp {folder}/config/*/*.nmconnection /etc/NetworkManager/system-connections/
fi
chmod 600 /etc/NetworkManager/system-connections/*
cp {folder}/conf.d/* /etc/NetworkManager/conf.d/ 2>/dev/null || true
cat >/etc/NetworkManager/NetworkManager.conf <<END
[main]
plugins=keyfile
no-auto-default=*
dhcp=internal
rc-manager=file
systemd-resolved=false
auth-polkit=false
END
dbus-daemon --system --fork --nopidfile
NetworkManager --debug --log-level=INFO >{folder}/log 2>&1 &
: >{folder}/on
wait $!
"""


class HostNetwork:
    """One node's network; ``start`` once, ``stop`` at the end."""

    def __init__(self, folder: Path) -> None:
        """Look for what is needed; the test is skipped where something is not here.

        Args:
            folder: an empty folder.
        """
        needed_namespaces()
        for binary in ("NetworkManager", "nm-online", "dbus-daemon", "radvd", "dnsmasq", "ip"):
            needed(binary)
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.router = Router()
        self.started = 0.0
        """When NetworkManager was started, on the monotonic clock."""

    def start(
        self,
        keyfiles: Mapping[str, str],
        nics: Mapping[str, str],
        *,
        conf: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        router: Router | None = None,
    ) -> None:
        """Start NetworkManager as the image's first boot does: nm-configurator, where it is here, puts the files in.

        Args:
            keyfiles: the files that ``nmc generate`` writes, text by path.
            nics: MACs by the names that the kernel gives.
            conf: further files of ``conf.d``, by name.
            before: lines of shell that run first.
            router: what is at the NICs' other ends.
        """
        for place, files in (("config", keyfiles), ("conf.d", conf or {})):
            for name, text in files.items():
                file = self.folder / place / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        self.router = router or Router()
        for name, lines in (("router.sh", self.router.script(nics)), ("before.sh", before)):
            (self.folder / name).write_text("".join(f"{line}\n" for line in ("set -e", *lines)))
        script = SCRIPT
        for key, value in {
            "folder": str(self.folder),
            "nmc": shutil.which("nmc") or "",
        }.items():
            script = script.replace(f"{{{key}}}", value)
        spaces = ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--mount-proc", "--kill-child=KILL"]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *spaces, "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            )
        end = time.monotonic() + START_TIMEOUT
        while not (self.folder / "on").exists():
            if time.monotonic() > end or self._process.poll() is not None:
                self.stop()
                raise AssertionError(self.log())
            time.sleep(0.02)
        self.started = time.monotonic()

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
        files = [self.folder / "output", self.folder / "log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def advertise(self, *, lifetime: int = 1800, managed: bool = True, autonomous: bool = True) -> None:
        """Start the router's advertisements; lifetime of the default route in seconds."""
        text = self.router.radvd(lifetime=lifetime, managed=managed, autonomous=autonomous)
        (self.folder / "radvd.conf").write_text(text)
        self.run(
            "ip",
            "netns",
            "exec",
            "router",
            "radvd",
            "-C",
            str(self.folder / "radvd.conf"),
            "-p",
            "/run/lab/radvd.pid",
            "-m",
            "logfile",
            "-l",
            str(self.folder / "radvd.log"),
        )

    def silence(self) -> None:
        """Stop the advertisements without a last one."""
        self.run("sh", "-c", "kill -KILL $(cat /run/lab/radvd.pid)")

    def serve_dhcp(self, *options: str) -> None:
        """Start DHCP of both families, without DNS."""
        self.run(
            "ip", "netns", "exec", "router", "dnsmasq", "--conf-file=/dev/null", "--port=0", "--interface=lan",
            "--dhcp-leasefile=/run/lab/leases", "--pid-file=/run/lab/dnsmasq.pid", "--dhcp-authoritative",
            "--user=root", f"--log-facility={self.folder}/dnsmasq.log", *options,
        )  # fmt: skip

    def online(self, timeout: int) -> float | None:
        """Wait as the boot does; give how many seconds after NetworkManager's start it ended, None where it gave up."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            left = max(1, int(end - time.monotonic()))
            done = self._inside("nm-online", "-q", "-s", "-t", str(left), check=False)
            if done.returncode == 0:
                return time.monotonic() - self.started
            if done.returncode == 1:
                return None
            time.sleep(0.05)  # 2: NetworkManager is not on the bus yet
        return None

    def addresses(self, nic: str) -> dict[str, list[str]]:
        """Give a NIC's global addresses by family, with their prefix length; none that is still being checked."""
        found: dict[str, list[str]] = {"ipv4": [], "ipv6": []}
        for link in json.loads(self.run("ip", "-j", "addr", "show", "dev", nic)):
            for item in link["addr_info"]:
                if item["scope"] == "global" and not item.get("tentative"):
                    found["ipv4" if item["family"] == "inet" else "ipv6"].append(f"{item['local']}/{item['prefixlen']}")
        return {family: sorted(items) for family, items in found.items()}

    def has(self, nic: str) -> bool:
        """Tell whether there is such an interface."""
        return self._inside("ip", "link", "show", "dev", nic, check=False).returncode == 0

    def reaches(self, target: str, nic: str) -> bool:
        """Tell whether a neighbour on a NIC's link answers, if only to refuse."""
        code = (
            "import errno, socket, sys; host, nic = sys.argv[1:]; six = ':' in host\n"
            "with socket.socket(socket.AF_INET6 if six else socket.AF_INET) as tried:\n"
            "    tried.settimeout(10); scope = socket.if_nametoindex(nic) if host.startswith('fe80') else 0\n"
            "    found = tried.connect_ex((host, 9, 0, scope) if six else (host, 9))\n"
            "print(errno.errorcode.get(found, found))"
        )
        return self.run(sys.executable, "-c", code, target, nic).strip() == "ECONNREFUSED"

    def gateways(self, nic: str) -> dict[str, list[str]]:
        """Give the next hops of a NIC's default routes by family."""
        found: dict[str, list[str]] = {}
        for family, flag in (("ipv4", "-4"), ("ipv6", "-6")):
            routes = json.loads(self.run("ip", "-j", flag, "route", "show", "default", "dev", nic))
            found[family] = [route["gateway"] for route in routes]
        return found

    def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait for something on the node; tell whether it came."""
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def resolvers(self) -> list[str]:
        """Give the name servers that NetworkManager would write."""
        text = self.run("cat", "/run/NetworkManager/resolv.conf")
        return [line.split()[1] for line in text.splitlines() if line.startswith("nameserver")]

    def run(self, *command: str) -> str:
        """Run a command on the node; give what it printed."""
        return self._inside(*command).stdout

    def _inside(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--target", self._first(), "--net", "--mount", "--pid", "--uts", "--"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, check=False, timeout=400)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def _first(self) -> str:
        """Give the first process of the namespaces, unshare's child."""
        assert self._process is not None
        pid = self._process.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
