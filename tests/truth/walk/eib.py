"""A stand-in for podman with Edge Image Builder in it: the image is a tar file of the directory that EIB reads.

So what a machine gets is what was rendered, byte by byte, and a test can boot it.
"""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPT = """#!{python} -IS
import io, pathlib, sys, tarfile

if sys.argv[1] == "rm":
    sys.exit(0)
volume = next(word for word in sys.argv if word.endswith(":/eib"))
eib = pathlib.Path(volume.removeprefix("--volume=").removesuffix(":/eib"))
lines = (eib / "definition.yaml").read_text().splitlines()
output = next(line.split(": ")[1] for line in lines if "outputImageName" in line)
kept = io.BytesIO()
with tarfile.open(fileobj=kept, mode="w") as image:
    for path in sorted(eib.rglob("*")):
        parts = path.relative_to(eib).parts
        if path.is_file() and parts[0] not in ("_build", "base-images") and path.name != output:
            image.add(path, "/".join(parts))
(eib / "_build").mkdir(exist_ok=True)
(eib / output).write_bytes(kept.getvalue())
print("Image build complete!", flush=True)
"""


def podman(folder: Path) -> Path:
    """Write it below a folder, and give the folder for PATH."""
    folder.mkdir(parents=True)
    script = folder / "podman"
    script.write_text(SCRIPT.replace("{python}", sys.executable))
    script.chmod(0o755)
    return folder
