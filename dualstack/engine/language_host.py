"""The Python language host's source, mended where it is older than the CLI that starts it.

It is the last one that is a Go module, and does not read which folder a plugin is in, nor its environment: it would run
the caller's program in place of the plugin, ask the caller's environment what the plugin needs, and make another one in
the plugin's own folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from dualstack.engine.model import StepError

FOLDER: Final = "python/cmd/pulumi-language-python"
OWN: Final = "plugin_folder.go"
"""Stands in ``tools/language-python``."""
MENDED: Final = (
    ("args := []string{req.Program}", "args := []string{pluginFolder(req)}"),
    (
        "// Prepare the virtual environment (if needed).",
        "if isPlugin(req.Pwd) {\n\t\treturn &pulumirpc.GetRequiredPluginsResponse{}, nil\n\t}\n"
        "\t// Prepare the virtual environment (if needed).",
    ),
    (
        'stdout.Write([]byte("Installing dependencies...\\n\\n"))',
        'if host.virtualenvPath == "" {\n\t\treturn closer.Close()\n\t}\n\t'
        'stdout.Write([]byte("Installing dependencies...\\n\\n"))',
    ),
)
"""Text in ``main.go``, and what takes its place."""


def copy_source(sdk: Path, module: Path, target: Path) -> None:
    """Copy the host's source, mended, into a folder of its own that builds with our module's requirements.

    Args:
        sdk: folder of the module that holds it.
        module: ``tools/language-python``.
        target: is made.

    Raises:
        StepError: the source is another one.
    """
    target.mkdir()
    try:
        text = (sdk / FOLDER / "main.go").read_text(encoding="utf-8")
    except OSError:
        raise StepError(f"{sdk} holds no language host") from None
    for old, new in MENDED:
        if text.count(old) != 1:
            raise StepError(f"the language host in {sdk} is another one: `{old}` is not there once")
        text = text.replace(old, new)
    (target / "main.go").write_text(text, encoding="utf-8")
    for name in ("go.mod", "go.sum", OWN):
        shutil.copyfile(module / name, target / name)
