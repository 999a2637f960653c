"""The ramdisk's agent: ironic-python-agent under a kernel of its own, with the words that Ironic put on its line.

Never without that kernel: the agent erases disks. Its network has the families that the test gives it, and leads to
the node; left out of the words are waits for what such a machine has not: virtual media and a disk.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.lab import uml

SCRIPT: Final = """set -e
mount --bind {folder}/hosts /etc/hosts
: >/run/resolv.conf; mount --bind /run/resolv.conf /etc/resolv.conf
{network}
exec {agent} -c 'import sys; from ironic_python_agent.cmd.agent import run; sys.exit(run())'
"""
UNUSED: Final = ("ipa-inspection-dhcp-all-interfaces", "ipa-inspection-collectors")
INSTEAD: Final = ("ipa-inspection-collectors=default", "ipa-disk-wait-attempts=1", "ipa-disk-wait-delay=1")
GAVE_UP: Final = "ERROR ironic-python-agent requests.exceptions."
"""Its last word, before it ends, where Ironic cannot be reached."""
SECONDS: Final = 240.0
"""For one machine to call back or give up; it takes 60 on an idle machine."""


class Ramdisk:
    """One machine's ramdisk."""

    def __init__(self, folder: Path, number: int, families: Sequence[str]) -> None:
        """Name its network.

        Args:
            folder: the test's.
            number: of the machine, from 1.
            families: that its network has.
        """
        self.folder = folder / f"ramdisk{number}"
        self.space = f"ramdisk{number}"
        self.number = number
        self.families = families
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, words: Mapping[str, str], *, mac: str, agent: str, run: Callable[..., None]) -> None:
        """Start it.

        Args:
            words: of the kernel line.
            mac: of its NIC.
            agent: the Python that has the agent.
            run: runs a program, or fails.
        """
        self.folder.mkdir()
        (self.folder / "hosts").write_text(Path("/etc/hosts").read_text())
        run("ip", "netns", "add", self.space)
        inner = ("ip", "-n", self.space)
        outside = f"ram{self.number}"
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "uplink", "netns", self.space)
        run(*inner, "link", "add", "bridge", "type", "bridge")
        run(*inner, "tuntap", "add", "dev", "tap0", "mode", "tap")
        for link in ("uplink", "tap0"):
            run(*inner, "link", "set", "dev", link, "master", "bridge", "up")
        run(*inner, "link", "set", "bridge", "up")
        lines = ["ip link set vec0 up"]
        for family, network, length in (
            ("ipv4", f"192.168.{150 + self.number}.", 24),
            ("ipv6", f"fd00:{150 + self.number}::", 64),
        ):
            if family in self.families:
                nodad = ["nodad"] if family == "ipv6" else []
                run("ip", "addr", "add", f"{network}1/{length}", "dev", outside, *nodad)
                lines.append(" ".join(["ip addr add", f"{network}2/{length}", "dev vec0", *nodad]))
                lines.append(f"ip {'-6' if nodad else '-4'} route add default via {network}1")
        run("ip", "link", "set", outside, "up")
        script = self.folder / "agent.sh"
        script.write_text(SCRIPT.format(folder=self.folder, network="\n".join(lines), agent=agent))
        kept = [f"{key}={value}" for key, value in words.items() if key.startswith("ipa-") and key not in UNUSED]
        nic = f"vec0:transport=tap,ifname=tap0,depth=64,mac={mac}"
        self.process = uml.start(
            self.folder,
            ["sh", str(script)],
            memory=768,
            words=[nic, *kept, *INSTEAD],
            inside=("ip", "netns", "exec", self.space),
        )

    def outcome(self, node: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Wait for its word; give it.

        Args:
            node: what Ironic says of the machine.

        Returns:
            ``state``, the machine's in Ironic; ``agent``, the URL under which the agent said that it is reached, None
            where no heartbeat came; ``gave_up``, with what it ended, None where it did not.
        """
        assert self.process is not None
        end = time.monotonic() + SECONDS
        log = self.folder / "uml.log"
        while True:
            ended = self.process.poll() is not None
            said = log.read_text(errors="replace") if log.exists() else ""
            found = node()
            answer = {
                "state": found["provision_state"],
                "agent": found["driver_internal_info"].get("agent_url"),
                "gave_up": said.partition(GAVE_UP)[2].partition("\n")[0] if GAVE_UP in said else None,
            }
            if answer["agent"] or answer["gave_up"]:
                return answer
            if time.monotonic() > end or ended:
                kernel = (self.folder / "kernel.log").read_text(errors="replace")
                raise RuntimeError(f"{self.space} says nothing: {answer}\n{kernel[-1500:]}\n{said[-3000:]}")
            time.sleep(0.5)

    def stop(self) -> None:
        """Cut it off."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
