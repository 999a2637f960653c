"""``dualstack up --verify``: after a deployment the site is asked, again and again until it answers as planned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from dualstack.answer.style import Style
from dualstack.check.checked import Checked
from dualstack.cli.progress import ProgressLine

if TYPE_CHECKING:
    from dualstack.verify.model import Result

MINUTES: Final = 15.0
"""For a cluster to come up behind an ``up`` that changed it; one that is made anew may take longer (``--wait``)."""


class Proof:
    """What the living site answers, asked once, when the first word of it is wanted."""

    def __init__(self, checked: Checked, minutes: float) -> None:
        """Take the site, and the minutes in which another round may begin."""
        self._checked, self._minutes = checked, minutes

    @cached_property
    def results(self) -> Sequence[Result]:
        """All answers, until nothing failed or the time was over."""
        from dualstack.verify.model import Way
        from dualstack.verify.run import verify_plan

        if self._checked.plan is None:
            return ()
        with ProgressLine() as progress:
            return verify_plan(self._checked.plan, Way(), progress.checks, self._minutes * 60)

    @property
    def exit_code(self) -> int:
        """1 where something failed, 2 where nothing could be asked from here, else 0."""
        from dualstack.verify.run import exit_code

        return exit_code(self.results)

    def json(self) -> dict[str, Any]:
        """Return it as ``verify`` does."""
        from dualstack.verify.formats import as_json

        return as_json(self._checked.name, self.results)

    def text(self, style: Style) -> str:
        """Return it as ``verify`` does."""
        from dualstack.cli.verify import text

        return text(self._checked.name, self.results, style)
