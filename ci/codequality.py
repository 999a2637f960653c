"""SARIF in, GitLab's Code Quality report out, both as JSON: findings beside the lines of a merge request.

dualstack check --format sarif | codequality.py > gl-code-quality-report.json
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import unquote

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def report(log: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the report's entries, in the log's order."""
    entries = []
    for run in log["runs"]:
        for result in run["results"]:
            place = result["locations"][0]["physicalLocation"]
            entries.append(
                {
                    "description": result["message"]["text"],
                    "check_name": result["ruleId"],
                    "fingerprint": result["partialFingerprints"]["primaryLocationLineHash"],
                    "severity": SEVERITIES[result["level"]],
                    "location": {
                        "path": unquote(place["artifactLocation"]["uri"]),
                        "lines": {"begin": place["region"]["startLine"]},
                    },
                }
            )
    return entries


if __name__ == "__main__":
    try:
        print(json.dumps(report(json.load(sys.stdin)), indent=2, ensure_ascii=False))
    except (ValueError, KeyError) as problem:
        sys.exit(f"codequality.py: this is no log of dualstack check --format sarif: {problem}")
