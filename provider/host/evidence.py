"""What tells of a machine whether it may be installed: who answers, what is in its drives, which NICs it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dualstack.address.family import FAMILIES
from dualstack.probe.connect import Status, connect
from dualstack.probe.served_url import known_part
from provider.frame.handler import CANCELLED, ResourceError
from provider.host.computer import Machine

TRY_SECONDS: Final = 3.0


def is_url(media: str) -> bool:
    """Tell whether an image is fetched from a server of the user's."""
    return media.startswith(("http://", "https://"))


def served_path(inputs: Mapping[str, Any]) -> str:
    """Return the end of a path, by which an installation that was cut off is known again; BMCs want its suffix."""
    return f"/{inputs['site']}/{inputs['node']}/{inputs['generation']}{Path(str(inputs['media'])).suffix}"


def is_ours(image: str, inputs: Mapping[str, Any], *, begun: bool = False) -> bool:
    """Tell whether an image is what an installation of this node put into a drive, from whatever address and port.

    Args:
        image: URL in the drive.
        inputs: of the resource.
        begun: whether an installation is known to have begun: a URL of the user's may be there by the user's hand.
    """
    if is_url(str(inputs["media"])):
        return begun and image == str(inputs["media"])
    return known_part(image).startswith(f"/{inputs['site']}/{inputs['node']}/")


def answering(inputs: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the first of the node's addresses that answers, and whether no way leads to any."""
    seen = []
    for family in FAMILIES:
        address = inputs["addresses"].get(family)
        if address:
            probe = connect(family, str(address), int(inputs["port"]), TRY_SECONDS, CANCELLED.is_set)
            if probe.status is Status.ANSWERED:
                return str(address), False
            seen.append(probe.status)
    return None, bool(seen) and all(status is Status.NO_ROUTE for status in seen)


def refuse_another(found: Machine, inputs: Mapping[str, Any]) -> None:
    """Compare the NICs that the BMC shows with the node's.

    Raises:
        ResourceError: they are another machine's, as where the BMCs of two nodes were exchanged.
    """
    own, shown = {str(mac).lower() for mac in inputs.get("macs") or ()}, found.macs()
    if own and shown and not own & shown and not inputs.get("installOver"):
        raise ResourceError(
            f"the machine behind {inputs['url']} has the NICs {', '.join(sorted(shown))}, and none of "
            f"{inputs['node']}'s ({', '.join(sorted(own))}): it was left alone. Is nodes[].bmc.address another "
            "machine's, or nodes[].interfaces[].mac? Where its BMC shows not all of its NICs, name the node in "
            "host.redfish.installOver"
        )
