"""The plugin's process: Pulumi's Python language host starts ``python components ENGINE_ADDRESS``."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / ".venv"
AGAIN = "DUALSTACK_PLUGIN_AGAIN"
"""Set for the one start in the own environment."""
NEEDED = ("pulumi", "pulumi_kubernetes", "pydantic", "dns")


def main() -> None:
    """Serve, in the environment that has what the components need."""
    # Python puts this folder first, and modules here have names of others, such as dns.
    sys.path[0] = str(ROOT)
    python = OWN / "bin/python"
    # The Python that starts a plugin may be that of the caller's program; once, also where .venv is no environment.
    again = os.environ.pop(AGAIN, None) is None and os.access(python, os.X_OK)
    if again and Path(sys.prefix).resolve() != OWN.resolve():
        os.environ |= {"PYTHONPATH": str(ROOT), AGAIN: "1"}
        os.execv(python, [str(python), "-P", "-m", "components", *sys.argv[1:]])  # noqa: S606
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"dualstack's components lack {', '.join(missing)} in {sys.prefix}. Run: make -C {ROOT} venv")
    from components.plugin import PluginServicer
    from provider.__main__ import main as serve

    serve(PluginServicer)


if __name__ == "__main__":
    main()
