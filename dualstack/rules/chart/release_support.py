"""Rules about the release itself: a newer patch of one that is pinned, and the end of its support."""

from __future__ import annotations

from datetime import date

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.releases import RELEASES
from dualstack.rules.base import Subject
from dualstack.today import today

NEWER_PATCH = Rule(
    "DS310-newer-patch",
    "A pinned release should be the newest patch that is known.",
    Severity.INFO,
    "What the newer patch mends, security updates among it, does not reach the site.",
    "release notes of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io releasenotes.adoc)",
)
SUPPORT_ENDED = Rule(
    "DS311-support-ended",
    "The release must not be past its end of life.",
    Severity.WARNING,
    "SUSE mends nothing in it any more, security holes neither, and answers no questions about it.",
    "support dates of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io releasenotes.adoc)",
)
RULES = (NEWER_PATCH, SUPPORT_ENDED)


def newer_patch(release: At[str], newest: str) -> Findings:
    """Tell a pinned release that has a newer patch.

    Args:
        release: as the site says it.
        newest: the newest patch of the same release.
    """
    if release.value in RELEASES.versions and release.value != newest:
        rolling = newest.rpartition(".")[0]
        fix = write(newest, f', or "{rolling}", whose patch follows dualstack', guess=True)
        yield NEWER_PATCH.at(release.path, f"{release.value} is pinned, and {newest} is known", fix)


def support_ended(release: At[str], end: date | None, day: date) -> Findings:
    """Tell a release past its end of life.

    Args:
        release: as the site says it.
        end: the last day of its life; None where nobody knows.
        day: the day of the question.
    """
    if end is not None and day > end:
        message = f"release {release.value} had its end of life on {end.isoformat()}"
        names = list(RELEASES)
        later = names[names.index(RELEASES.newest(release.value).rpartition(".")[0]) + 1 :]
        fix = f"move to a later release: {' or '.join(later)}" if later else "move to a later release when there is one"
        yield SUPPORT_ENDED.at(release.path, message, fix)


def check_release(subject: Subject) -> Findings:
    """Judge the release that the site names, or gets by default."""
    release = At(("release",), subject.site.release)
    yield from newer_patch(release, RELEASES.newest(release.value))
    yield from support_ended(release, subject.plan.release.support.end, today())


CHECKS = (check_release,)
