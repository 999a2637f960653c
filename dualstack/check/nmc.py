"""Raw nmstate before nm-configurator itself, where it is on PATH: it judges what no rule of ours reads.

EIB runs the same program over the same files while it builds the image; where it is not at hand, the build tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dualstack.check.checked import Checked, in_order, placed
from dualstack.check.inherited import at_defaults
from dualstack.document.findings import Finding, Severity
from dualstack.plan.model import NodePlan
from dualstack.stack.node_defaults import KEY

PROGRAM = "nmc"
SECONDS = 20.0
"""How long it may take; it needs some hundredths of one."""
_FAILED = re.compile(r"Generating config failed: (.*)", re.DOTALL)
_LONGEST = 300


def with_nmc(checked: Checked) -> Checked:
    """Return a checked site with a finding for each node whose raw nmstate nm-configurator refuses.

    A node about whose network an error is told already is left out: nm-configurator would refuse the same.
    """
    site, plan = checked.site, checked.plan
    if site is None or plan is None or not any(node.nmstate for node in site.nodes):
        return checked
    # The command starts without what this needs; most sites have no raw nmstate.
    import shutil

    program = shutil.which(PROGRAM)
    if program is None:
        return checked
    if any(finding.severity is Severity.ERROR and finding.path[:1] == (KEY,) for finding in checked.findings):
        return checked
    told = {finding.path[1] for finding in checked.findings if _is_about_a_node(finding)}
    raw = [node for node in plan.nodes if site.nodes[node.index].nmstate and node.index not in told]
    judged = [finding for node in raw for finding in _judged(program, node)]
    found = [placed(finding, checked.resolved) for finding in at_defaults(judged, checked.resolved)]
    return replace(checked, findings=in_order([*checked.findings, *found])) if found else checked


def _is_about_a_node(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and finding.path[:1] == ("nodes",) and len(finding.path) > 1


def _judged(program: str, node: NodePlan) -> Iterator[Finding]:
    import subprocess

    from dualstack.document.frozen import thaw
    from dualstack.document.yamlio import dump
    from dualstack.rules.network.nmstate_schema import FORM
    from dualstack.scratch import scratch

    # Private, and gone at once: raw nmstate may hold a key of 802.1X or MACsec.
    with scratch("nmc") as folder:
        source = folder / "network"
        source.mkdir()
        (source / "node.yaml").write_text(dump(thaw(node.nmstate)), encoding="utf-8")
        command = [program, "generate", "--config-dir", str(source), "--output-dir", str(folder / "out")]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):  # then it judges nothing
            return
    failed = _FAILED.search(done.stderr + done.stdout)
    if done.returncode != 0 and failed is not None:
        why = " ".join(failed[1].split())
        why = why if len(why) <= _LONGEST else f"{why[:_LONGEST]}..."
        fix = f"mend what it names; {PROGRAM} generate --config-dir OUT/network tells it of a rendered directory, too"
        yield FORM.at(("nodes", node.index, "nmstate"), f"nm-configurator refuses it: {why}", fix)
