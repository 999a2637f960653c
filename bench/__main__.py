"""``python -m bench`` (``make bench``): start-up of the command, and the time per site of a large fleet."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import yaml

from bench.diff import diff_figures, print_diff
from bench.engine import previews
from bench.fleet import PROJECT, write_fleet
from bench.measure import BASELINE, Command, best, interleaved, python
from bench.pack import pack_figures, print_pack
from bench.status import print_status, status_figures
from bench.verify import print_verify, verify_figures
from dualstack.check.checked import check_site
from dualstack.check.fleet import MOST_OTHERS, with_fleet
from dualstack.rules.fleet.fleet_rules import Member, fleet_findings
from dualstack.stack.layers import LayerStore, resolve_stack

SITE = "demo"


def processes(runs: int) -> dict[str, float]:
    """Time whole processes of `check` and `plan` of one site, beside the baseline."""
    file = str(PROJECT / f"stacks/Pulumi.{SITE}.yaml")
    command = str(Path(sys.executable).with_name("dualstack"))
    seconds = interleaved(
        {
            "baseline": Command(python("-c", BASELINE, file), PROJECT),
            "check": Command([command, "check", SITE], PROJECT),
            "plan": Command([command, "plan", SITE, "--format", "json"], PROJECT),
        },
        runs,
    )
    floor = seconds["baseline"]
    return {
        "baselineSeconds": floor,
        "checkSeconds": seconds["check"],
        "checkRatio": seconds["check"] / floor,
        "planSeconds": seconds["plan"],
        "planRatio": seconds["plan"] / floor,
    }


def fleet(sizes: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Time checking that many sites in one process, beside merely parsing the same files."""
    figures: dict[str, dict[str, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            project = Path(name)
            files = [project / f"stacks/Pulumi.{site}.yaml" for site in write_fleet(project, size)]

            def parse(files: list[Path] = files) -> None:
                for file in files:
                    yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)

            def check(files: list[Path] = files, project: Path = project) -> None:
                store = LayerStore(project)
                for file in files:
                    checked = check_site(file.stem, resolve_stack(project, file, store))
                    if checked.failed:
                        raise RuntimeError([finding.message for finding in checked.findings])

            check()  # imports and caches are not what is measured
            parsed, taken = best(parse), best(check)
            store = LayerStore(project)
            resolved = [resolve_stack(project, file, store) for file in files]
            members = [Member(file.stem, one.site, one.origins) for file, one in zip(files, resolved, strict=True)]
            if fleet_findings(members):
                raise RuntimeError("the sites are not distinct")
            compared = best(partial(fleet_findings, members))
            first = check_site(files[0].stem.removeprefix("Pulumi."), resolved[0])
            beside = best(partial(with_fleet, project, [first], store))
        figures[str(size)] = {
            "parseMillisecondsPerSite": parsed / size * 1000,
            "checkMillisecondsPerSite": taken / size * 1000,
            "ratio": taken / parsed,
            "compareMillisecondsPerSite": compared / size * 1000,
            "oneSiteBesideOthersMilliseconds": beside * 1000,
        }
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="runs of each process")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000], help="sizes of the fleet")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # it would time the compiler
    one, many, engine = processes(options.runs), fleet(tuple(options.sizes)), previews(options.runs)
    pack, diff, status, verify = pack_figures(3), diff_figures(3), status_figures(), verify_figures()
    if options.json:
        whole = {
            "process": one,
            "fleet": many,
            "preview": engine,
            "pack": pack,
            "diff": diff,
            "status": status,
            "verify": verify,
        }
        print(json.dumps(whole, indent=2))
        return
    print(f"one site, whole process (median of {options.runs})")
    print(f"  baseline: python, one pydantic model, the same YAML  {one['baselineSeconds'] * 1000:7.0f} ms")
    for name in ("check", "plan"):
        seconds, ratio = one[f"{name}Seconds"], one[f"{name}Ratio"]
        print(f"  dualstack {name:<42} {seconds * 1000:7.0f} ms  {ratio:.2f} x baseline")
    print("many sites, one process, per site")
    for size, row in many.items():
        parse, check = row["parseMillisecondsPerSite"], row["checkMillisecondsPerSite"]
        print(f"  {size:>5} sites: parse {parse:.2f} ms, check {check:.2f} ms  {row['ratio']:.1f} x parse")
    for size, row in many.items():
        told = f"{row['compareMillisecondsPerSite'] * 1000:.0f} us per site"
        beside = (
            f"one site beside {min(int(size) - 1, MOST_OTHERS)} others {row['oneSiteBesideOthersMilliseconds']:.0f} ms"
        )
        print(f"  {size:>5} sites compared with one another: {told}; {beside}")
    times = [row["checkMillisecondsPerSite"] for row in many.values()]
    print(f"  growth per site from {options.sizes[0]} to {options.sizes[-1]} sites: {times[-1] / times[0]:.2f} x")
    if engine is None:
        print("pulumi preview: not measured, no CLI is built here: dualstack env --engine built")
    else:
        print(f"pulumi preview, nothing deployed yet (median of {options.runs})")
        print(f"  baseline: an empty Python program                    {engine['emptySeconds'] * 1000:7.0f} ms")
        print(f"  the demo site {'':<38} {engine['previewSeconds'] * 1000:7.0f} ms  {engine['ratio']:.2f} x baseline")
    print_pack(pack)
    print_diff(diff)
    print_status(status)
    print_verify(verify)


if __name__ == "__main__":
    main()
