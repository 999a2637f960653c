"""The sites that a job works on, as names that are safe in a job's name, a matrix and a command line.

    sites.py [--most COUNT] [--gitlab JOB] [NAME...] < document

Reads what ``dualstack diff --format json`` or ``dualstack sites --format json`` says, and takes the sites that changed
and are still there, or, of the second, all. NAMEs, where some are given, are taken in their place if the project has
them. Prints a JSON list, or a GitLab child pipeline with a job that extends JOB for each site.

The document may come from a job that ran a pull request's code: a site whose name is none is left out, and named on
standard error, so that it keeps no other from its job.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from itertools import pairwise
from typing import Any

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Names of Pulumi's stacks, but for a dash at the start, which a command takes for an option."""
MOST = 256
"""Jobs that GitHub makes of a matrix."""


def chosen(document: Any, names: list[str]) -> list[str]:
    """Give the sites.

    Raises:
        ValueError: the document is none, or a name cannot be one, or names no site.
    """
    try:
        entries = {str(entry["site"]): entry for entry in document["sites"]}
    except (KeyError, TypeError):
        raise ValueError("the document lists no sites: see what the command said") from None
    there = {name: entry for name, entry in entries.items() if not entry.get("skipped")}
    if names:
        wrong = [name for name in names if name not in there]
        if wrong:
            raise ValueError(f"no such site: {', '.join(map(repr, wrong))}")
        found = names
    else:
        found = [name for name, entry in there.items() if entry.get("status") not in ("unchanged", "removed")]
    bad = [name for name in found if not NAME.fullmatch(name)]
    if bad:
        told = f"no name for a job: {', '.join(map(ascii, bad))}; use letters, digits, dots and dashes"
        if names:
            raise ValueError(told)
        print(f"sites.py: left out: {told}", file=sys.stderr)
    return sorted(set(found) - set(bad))


def child(job: str, sites: list[str]) -> dict[str, Any]:
    """Give a GitLab pipeline; one that has no job is refused by GitLab, so there is one that says so."""
    if not sites:
        return {
            "no sites": {"stage": "test", "variables": {"GIT_STRATEGY": "none"}, "script": ["echo no site changed"]}
        }
    jobs: dict[str, Any] = {
        f"{job} {site}": {"extends": f".dualstack:{job}", "variables": {"SITE": site}} for site in sites
    }
    if job == "up":
        # One at a time, and none after one that failed.
        for before, after in pairwise(jobs):
            jobs[after]["needs"] = [before]
    return {"include": [{"local": "ci/gitlab/jobs.yml"}], **jobs}


def main() -> None:
    """Read, choose, print."""
    parser = argparse.ArgumentParser(description="sites for a matrix of jobs")
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("--gitlab", metavar="JOB")
    parser.add_argument("names", nargs="*", metavar="NAME")
    wanted = parser.parse_args()
    try:
        sites = chosen(json.load(sys.stdin), wanted.names)
    except ValueError as error:
        sys.exit(f"sites.py: {error}")
    if len(sites) > wanted.most:
        sys.exit(
            f"sites.py: {len(sites)} sites are more than the {wanted.most} that one run takes; start the workflow by "
            "hand, some sites at a time"
        )
    print(json.dumps(child(wanted.gitlab, sites) if wanted.gitlab else sites))


if __name__ == "__main__":
    main()
