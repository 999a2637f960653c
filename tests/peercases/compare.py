"""The comparison: each case's verdict beside the product's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.peercases.adapter import judge


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case on which the product and the peer differ."""

    id: str
    expected: str
    got: str
    rules: list[str]


@dataclass(slots=True)
class Compared:
    """The figure and what stands behind it."""

    agree: int = 0
    applicable: int = 0
    not_applicable: list[tuple[str, str]] = field(default_factory=list)
    """(id, reason) of each case that is not applicable."""
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def figure(self) -> str:
        """The figure in one line."""
        return f"agree {self.agree} of {self.applicable} applicable ({len(self.not_applicable)} not applicable)"

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "agree": self.agree,
            "applicable": self.applicable,
            "notApplicable": [{"id": case, "reason": reason} for case, reason in self.not_applicable],
            "disagreements": [asdict(item) for item in self.disagreements],
        }


def compare(cases: object) -> Compared:
    """Judge every case and compare.

    Args:
        cases: a list of mappings with ``id``, ``family_config`` and ``expected``, or a mapping with it under ``cases``.

    Raises:
        ValueError: it is neither.
    """
    listed = cases.get("cases") if isinstance(cases, Mapping) else cases
    if not isinstance(listed, list) or not all(isinstance(case, Mapping) for case in listed):
        raise ValueError("no list of cases")
    compared = Compared()
    for index, case in enumerate(listed):
        name = str(case.get("id", f"#{index}"))
        judged = judge(case.get("family_config"))
        if judged.reason:
            compared.not_applicable.append((name, judged.reason))
            continue
        compared.applicable += 1
        expected = str(case.get("expected"))
        if judged.verdict == expected:
            compared.agree += 1
        else:
            compared.disagreements.append(Disagreement(name, expected, judged.verdict, judged.rules))
    return compared
