"""Values of a chart as the engine takes them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from components.secrets import Secrets
from dualstack.document.frozen import LEAVE, Secret, thaw
from dualstack.plan.model import ChartPlan


def chart_values(chart: ChartPlan, secret: Secrets) -> dict[str, Any]:
    """Give a chart's values, with an Output in place of each secret; without a key that the stack has no secret for.

    Args:
        chart: the chart.
        secret: reads secret config keys.
    """

    def resolve(item: Secret) -> Any:
        value = secret(item.key)
        return LEAVE if value is None else value

    values: dict[str, Any] = thaw(chart.values, resolve)
    return values


def values_digest(chart: ChartPlan) -> str:
    """Give twelve hex digits that tell values apart; secrets have no part in it, since a short one could be guessed."""
    text = json.dumps(thaw(chart.values), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
