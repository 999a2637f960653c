"""An entry of the table: a field's path, and its consequence in each case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from dualstack.day2.setting import Setting
from dualstack.day2.words import Word
from dualstack.site.dns import BACKENDS, Keeper
from dualstack.site.host import HYPERVISORS


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a change means.

    Texts hold values and commands between backticks, and in these ``{site}``, ``{node}``, ``{interface}``, ``{chart}``
    and ``{namespace}`` for the names of the site.

    Attributes:
        word: the one word.
        how: what to do, or who does it.
        away: what is away meanwhile, or lost; empty where nothing is.
        downstream: who else must follow; empty where nobody must.
        up: whether ``up`` does it.
        imaged: whether it changes the image, too: where the deployment builds that, the disk becomes a new one.
    """

    word: Word
    how: str
    away: str = ""
    downstream: str = ""
    up: bool = False
    imaged: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a change at a place of a site; sides that are not there are None."""

    setting: Setting
    path: tuple[str | int, ...]
    before: Any = None
    after: Any = None
    was: Setting | None = None
    """The site before the change; None where nobody knows it."""

    @property
    def chart(self) -> str:
        """The chart's key in ``charts``, or the name of one in ``charts.extra``, whose value the field is."""
        head = self.path[0]
        if head == "charts" and len(self.path) > 1:
            of_user = self.path[1] == "extra" and len(self.path) > 2
            return self.setting.extra_name(self.path[2]) if of_user else str(self.path[1])
        return {"provisioning": "metal3", "rancher": "rancher"}.get(str(head), "")


@dataclass(frozen=True, slots=True)
class When:
    """A case: in words, and as a test."""

    words: str
    holds: Callable[[Asked], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """A field and its cases; the first that holds counts, and the last always holds.

    Attributes:
        path: as docs/fields.md has it; ``[]`` for an item of a list, ``*`` for a key.
    """

    path: str
    cases: tuple[tuple[When, Consequence], ...]


def backends(of: Callable[[Keeper], bool]) -> str:
    """Name the DNS backends of a kind, as a site has them."""
    return " or ".join(f"`dns.backend: {name}`" for name, keeper in BACKENDS.items() if of(keeper))


ALWAYS: Final = When("", lambda _: True)
VIRTUAL: Final = When(f"host on {' or '.join(sorted(HYPERVISORS))}", lambda asked: asked.setting.virtual)
LIBVIRT: Final = When("host on libvirt", lambda asked: asked.setting.kind == "libvirt")
RECORDS: Final = When(backends(lambda keeper: keeper.who == "up"), lambda asked: asked.setting.keeper.who == "up")
ZONES: Final = When(backends(lambda keeper: keeper.zones), lambda asked: asked.setting.keeper.zones)
ROWS: Final = When(
    backends(lambda keeper: keeper.who == "network"), lambda asked: asked.setting.keeper.who == "network"
)
HOSTNAME: Final = When("hostname mode", lambda asked: asked.setting.mode == "hostname")
ADDRESS: Final = When("address mode", lambda asked: asked.setting.mode == "address")
SEVERAL: Final = When("several nodes", lambda asked: asked.setting.nodes > 1)
OFF: Final = When("chart not enabled", lambda asked: asked.setting.delivery(asked.chart) == "off")
PULUMI: Final = When("`delivery: pulumi`", lambda asked: asked.setting.delivery(asked.chart) == "pulumi")
SENT: Final = When("`day2: helmchartconfig`", lambda asked: asked.setting.delivery(asked.chart) == "sent")
HANDOVER: Final = When("`handover`", lambda asked: asked.setting.delivery(asked.chart) == "handover")


def entry(path: str, *cases: Consequence | tuple[When, Consequence]) -> Entry:
    """Make an entry; a consequence alone holds always."""
    return Entry(path, tuple((ALWAYS, case) if isinstance(case, Consequence) else case for case in cases))


def nothing(how: str, *, downstream: str = "", imaged: bool = False) -> Consequence:
    """No effect, and why."""
    return Consequence(Word.NOTHING, how, "", downstream, imaged=imaged)


def live(how: str, *, away: str = "", downstream: str = "", imaged: bool = False) -> Consequence:
    """What ``up`` does."""
    return Consequence(Word.LIVE, how, away, downstream, up=True, imaged=imaged)


def by_hand(how: str, *, away: str = "", downstream: str = "", imaged: bool = True) -> Consequence:
    """What somebody does; the image has it for later installs."""
    return Consequence(Word.BY_HAND, how, away, downstream, imaged=imaged)


def join(how: str, away: str = "", *, downstream: str = "", up: bool = False) -> Consequence:
    """What takes one node out, or brings one in, while the cluster lives on."""
    return Consequence(Word.JOIN, how, away, downstream, up, imaged=True)


def rolling(how: str, away: str, *, downstream: str = "") -> Consequence:
    """What is done node by node."""
    return Consequence(Word.ROLLING, how, away, downstream, imaged=True)


def outage(how: str, away: str, *, downstream: str = "", up: bool = False, imaged: bool = True) -> Consequence:
    """What takes something away for a while."""
    return Consequence(Word.OUTAGE, how, away, downstream, up, imaged)


def rebuild(how: str, lost: str, *, downstream: str = "", up: bool = False, imaged: bool = True) -> Consequence:
    """What loses something."""
    return Consequence(Word.REBUILD, how, lost, downstream, up, imaged)


CLUSTER: Final = "the management cluster with all that is on its disk: Rancher's and Metal3's objects, volumes"
"""What a new cluster loses."""
ANEW: Final = "install the site anew from a new image (`dualstack render {site}`)"
FOLLOW_ANEW: Final = (
    "registered clusters and BareMetalHosts come back from a backup (Rancher's backup operator), or are registered anew"
)


def on_built(told: Consequence) -> Consequence:
    """Give what a change of the image means where the deployment builds it: the VM gets a new disk."""
    disk = "`up` builds a new image and gives the VM a new, empty disk (`image.build: local`)"
    if told.word is Word.REBUILD:
        how = f"{told.how.replace(f'; {ANEW}', '')}; {disk}"
    else:
        how = f"{disk}; with an image that is built elsewhere it is {told.word.text}: {told.how}"
    return replace(told, word=Word.REBUILD, how=how, away=CLUSTER, downstream=told.downstream or FOLLOW_ANEW, up=True)
