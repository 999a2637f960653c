"""The seven words for a consequence, the mildest first; others who must follow are told beside them (*downstream*)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Word(IntEnum):
    """What a change means to a living site; of several the greatest holds."""

    NOTHING = 0
    LIVE = 1
    BY_HAND = 2
    JOIN = 3
    ROLLING = 4
    OUTAGE = 5
    REBUILD = 6

    @property
    def text(self) -> str:
        """The word as people read it."""
        return self.name.lower().replace("_", " ")

    @property
    def takes(self) -> bool:
        """Whether something is away meanwhile, or lost."""
        return self >= Word.OUTAGE


MEANING: Final = {
    Word.NOTHING: "no effect on what runs: a name, a comment, a setting that only later installs read",
    Word.LIVE: "`up` does it while the site runs",
    Word.BY_HAND: "somebody does it on the node or the cluster, by the command or the file that is named; the image "
    "brings it to later installs only",
    Word.JOIN: "the node that is named is installed from an image of its own and joins the cluster, which lives on",
    Word.ROLLING: "each node once, one after the other",
    Word.OUTAGE: "something that is named is away meanwhile",
    Word.REBUILD: "it is made anew; what is named is lost",
}
