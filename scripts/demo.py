"""Run the commands that a newcomer would run on the demo sites, printing each before it runs.

Started by ``make demo``: first what needs no engine, then, unless DEMO_ENGINE is 0, a real deployment with Pulumi on
the embedded backend. With ``destroy``, as ``make demo-destroy`` says, that deployment is removed. Output goes to
``build/``, state to ``.dualstack/``, both below the project and ignored by git; the first command that fails ends the
run with its exit code.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from dualstack.engine.find import EngineMissing, find_engine

PROJECT = Path(__file__).resolve().parent.parent
SITES = ("demo", "demo-hostname")
DEPLOYED = "demo-existing"
"""The site that needs neither a hypervisor nor provider plugins."""
ENGINE = ["--engine", "built", "--backend", "embedded"]
STATE = PROJECT / ".dualstack/state/.pulumi/stacks/dualstack" / f"{DEPLOYED}.json"

NOW = f"""
Now Pulumi: {DEPLOYED} is deployed for real, with state in .dualstack/ and no account. Where no Pulumi CLI is installed,
one is downloaded or built first, once, in 2 to 10 minutes; DEMO_ENGINE=0 leaves this part out.
"""
MADE = f"""the EIB directory build/{DEPLOYED}, and the values of the
site in Pulumi's state. Change a file in it and run dualstack refresh {DEPLOYED}, then up, to see it mended.
No machine was made: the site says that it is already there. The site demo is the same with network, disk and VM on
libvirt; on a machine with libvirtd and Pulumi's libvirt plugin it is deployed by: dualstack up demo
Remove it: make demo-destroy"""


def commands(site: str) -> list[list[str]]:
    """Give the command lines for one site, in the order in which they make sense."""
    return [
        ["dualstack", "check", site],
        ["dualstack", "plan", site],
        ["dualstack", "render", site, "--out", f"build/{site}"],
    ]


def run(lines: list[list[str]]) -> int:
    """Run commands; return the exit code of the first that fails, else 0."""
    # The command of the environment that runs this script, so that nothing has to be activated.
    program = Path(sys.executable).with_name("dualstack")
    for command in lines:
        print(f"\n$ {shlex.join(command)}", flush=True)
        interrupted = False
        process = subprocess.Popen([program, *command[1:]], cwd=PROJECT)
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                # The command has got it, too, and ends what it has begun.
                interrupted = True
        if interrupted:
            raise KeyboardInterrupt
        if code:
            return code
    return 0


def deploy() -> int:
    """Deploy the site that needs nothing but an engine; where none is to be had, say so, which is no failure."""
    print(NOW, flush=True)
    try:
        find_engine(True, lambda line: print(f"engine: {line}", flush=True))
    except EngineMissing as error:
        print(f"\nThe deployment is left out: {error}\nEverything above needs no engine and is complete.")
        return 0
    started = time.monotonic()
    code = run(
        [
            ["dualstack", "up", DEPLOYED, *ENGINE, "--yes"],
            ["dualstack", "preview", DEPLOYED, *ENGINE, "--expect-no-changes"],
        ]
    )
    if code:
        return code
    print(f"\nDeployed by Pulumi in {time.monotonic() - started:.0f} seconds: {MADE}")
    return 0


def destroy() -> int:
    """Remove what ``deploy`` made."""
    if not STATE.exists():
        print(f"{DEPLOYED} is not deployed from this folder: there is nothing to remove")
        return 0
    return run([["dualstack", "destroy", DEPLOYED, *ENGINE, "--yes", "--forget"]])


def main(arguments: list[str]) -> int:
    """Run the demo; return its exit code."""
    if arguments == ["destroy"]:
        return destroy()
    if code := run([line for site in SITES for line in commands(site)]):
        return code
    print(f"\nWritten for Edge Image Builder: {' and '.join(f'build/{site}' for site in SITES)}")
    print("What each still lacks for the build, such as the base image and secrets, is listed above.")
    if os.environ.get("DEMO_ENGINE") == "0":
        print("The deployment is left out, as DEMO_ENGINE=0 says.")
    else:
        try:
            if code := deploy():
                return code
        except KeyboardInterrupt:
            print("\nInterrupted. What was checked, planned and rendered is complete; the next run goes on from here.")
            return 130
    print("Next, a site of your own: .venv/bin/dualstack new --help")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
