"""`dualstack status` over a fleet where every site is deployed: nobody asked, and asked where nobody can answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.fleet import write_fleet
from tests.status.states import deployed, write

COMMAND = str(Path(sys.executable).with_name("dualstack"))
SIZES = (75, 300)


def status_figures(sizes: tuple[int, ...] = SIZES) -> dict[str, dict[str, float]]:
    """Return seconds of whole processes by the size of the fleet, and the bytes of the page.

    Args:
        sizes: numbers of sites.
    """
    figures: dict[str, dict[str, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for site in write_fleet(folder, size):
                write(folder, site, deployed(folder, site))
            one, _ = _timed(folder, "status", "site0000", "--no-probe")
            alone, _ = _timed(folder, "status", "--no-probe")
            # In a namespace without routes: no site's own address is sent anything.
            asked, page = _timed(folder, "status", "--html", "page.html", namespace=True)
            figures[str(size)] = {"oneSeconds": one, "seconds": alone, "askedSeconds": asked, "pageBytes": page}
    return figures


def print_status(figures: dict[str, dict[str, float]]) -> None:
    """Print the figures and what they are to be compared with."""
    print("dualstack status, every site deployed as planned (whole process)")
    for size, row in figures.items():
        each = row["seconds"] / int(size) * 1000
        print(f"  {size:>5} sites {row['seconds']:7.1f} s  {each:.0f} ms a site (one alone {row['oneSeconds']:.1f} s)")
        print(
            f"        asked where there is no route {row['askedSeconds']:.1f} s, page {row['pageBytes'] / 1000:.0f} kB"
        )
    first, last = (figures[size]["seconds"] / int(size) for size in (min(figures, key=int), max(figures, key=int)))
    print(f"  growth per site: {last / first:.2f} x")


def _timed(folder: Path, *arguments: str, namespace: bool = False) -> tuple[float, int]:
    started = time.perf_counter()
    words = [*(["unshare", "-n"] if namespace else []), COMMAND, *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    page = folder / "page.html"
    return time.perf_counter() - started, page.stat().st_size if page.exists() else 0
