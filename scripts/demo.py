"""Run the commands that a newcomer would run on the two demo sites, printing each before it runs.

Started by ``make demo``. Output goes to ``build/``, below the project; the first command that fails ends the run
with its exit code.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SITES = ("demo", "demo-hostname")


def commands(site: str) -> list[list[str]]:
    """Give the command lines for one site, in the order in which they make sense."""
    return [
        ["dualstack", "check", site],
        ["dualstack", "plan", site],
        ["dualstack", "render", site, "--out", f"build/{site}"],
    ]


def main() -> int:
    """Run every command of every demo site; return the exit code of the first that fails, else 0."""
    # The command of the environment that runs this script, so that nothing has to be activated.
    program = Path(sys.executable).with_name("dualstack")
    for command in (line for site in SITES for line in commands(site)):
        print(f"\n$ {shlex.join(command)}", flush=True)
        code = subprocess.run([program, *command[1:]], cwd=PROJECT, check=False).returncode
        if code:
            return code
    print(f"\nReady for Edge Image Builder: {' and '.join(f'build/{site}' for site in SITES)}")
    print("Next, a site of your own: .venv/bin/dualstack new --help")
    return 0


if __name__ == "__main__":
    sys.exit(main())
