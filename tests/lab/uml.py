"""A kernel of its own for a test: user-mode Linux, a process that sees this machine's files and cannot change them.

For what this machine's kernel lacks (bonds, VLANs) or must not be let near (an agent that erases disks). Programs are
this machine's own; the one folder that it writes is given to it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests import PROJECT
from tests.lab.plugins import needed_namespaces
from tests.lab.tools import needed

MODULES: Final = ("ipv6", "af_packet", "8021q", "bonding", "veth", "bridge")
INIT: Final = """#!/bin/sh
export PATH={path} PYTHONDONTWRITEBYTECODE=1 TMPDIR=/run/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs lab /run
mkdir /run/tmp
mount -t hostfs lab {folder} -o {folder}
exec >>{folder}/uml.log 2>&1
mkdir -p /run/modules/lib/modules
ln -s /usr/lib/uml/modules/$(uname -r) /run/modules/lib/modules/
for module in {modules}; do {modprobe} -d /run/modules $module; done
ip link set lo up
cd {project}
{command}
echo o >/proc/sysrq-trigger
sleep 60
"""


def start(
    folder: Path, command: Sequence[str], *, memory: int = 384, words: Sequence[str] = (), inside: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a command as root under a kernel of its own, which ends with it; its output is ``uml.log``.

    Args:
        folder: what it may write; nothing else.
        command: what is run, in the project's folder.
        memory: of the machine, in MiB.
        words: further words of the kernel's command line.
        inside: a command that runs the machine elsewhere, such as in a network namespace; a new one where empty.
    """
    kernel, modprobe = needed_here()
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    init = folder / "init"
    init.write_text(
        INIT.format(
            path=path,
            folder=folder,
            modules=" ".join(MODULES),
            modprobe=modprobe,
            project=PROJECT,
            command=" ".join(command),
        )
    )
    init.chmod(0o755)
    root = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}", "con=null", "con0=null,fd:1"]
    space = [*(inside or ("unshare", "--net")), "unshare", "--pid", "--fork", "--kill-child=KILL"]
    with (folder / "kernel.log").open("wb") as log:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *space, str(kernel), f"mem={memory}M", *root, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # The kernel hands its environment to what it runs.
            env={"PATH": path, "TMPDIR": os.environ.get("TMPDIR", "/tmp"), "HOME": str(folder)},
        )


def needed_here() -> tuple[Path, Path]:
    """Give the kernel and what loads its modules, or skip the test."""
    needed_namespaces()
    return needed("linux.uml"), needed("modprobe")


def answered(folder: Path, module: str, request: Mapping[str, Any], *, timeout: float) -> Any:
    """Let a module of the lab answer a request under a kernel of its own.

    Args:
        folder: an empty folder.
        module: run with the folder as its argument; reads ``request.json`` there and writes ``answer.json``.
        request: for it.
        timeout: seconds, after which the machine is cut off.
    """
    (folder / "request.json").write_text(json.dumps(request))
    machine = start(folder, [sys.executable, "-m", module, str(folder)])
    try:
        machine.wait(timeout)
    finally:
        machine.kill()
        machine.wait()
    answer = folder / "answer.json"
    if not answer.exists():
        logs = [f"== {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in sorted(folder.glob("*.log"))]
        raise AssertionError("\n".join(logs))
    return json.loads(answer.read_text())
