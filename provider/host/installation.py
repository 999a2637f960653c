"""``dualstack:host:Installation``: a machine installed once through its BMC, from an image in its virtual drive.

What it must never do is install a machine that lives. So nothing but another ``generation`` installs one that was
installed; and where there is no state, as after it was lost, a machine that is on is left alone: one that answers where
the node should is taken as installed, any other one is an error until it is off or the site names it.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path
from typing import Any, Final

from dualstack.address.family import FAMILIES, VERSION
from dualstack.document.holes import UNKNOWN
from dualstack.probe.connect import Status, connect
from dualstack.tokens import INSTALLATION
from provider.frame import fields
from provider.frame.compare import compared
from provider.frame.handler import CANCELLED, Cancelled, Diff, Failure, Incomplete, ResourceError, report, warn
from provider.host.redfish import Machine, machine
from provider.host.serving import digest, hidden, known_part, served
from provider.host.waiting import span

TEXTS: Final = ("site", "node", "url", "media")
KNOWN: Final = (
    *TEXTS, "system", "username", "password", "fingerprint", "sha256", "servePort", "generation", "installOver",
    "addresses", "port", "timeout",
)  # fmt: skip
OUTPUTS: Final = ("installed", "how")
TRY_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 5.0


class InstallationHandler:
    """Its state says which generation is installed, and how that came about."""

    token = INSTALLATION

    def __init__(self, *, pause: float = PAUSE_SECONDS) -> None:
        """Choose the seconds between two looks at the machine."""
        self._pause = pause

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Judge the inputs."""
        failures = [*fields.unknown_keys(inputs, KNOWN)]
        for key in TEXTS:
            failures += fields.text(inputs, key)
        if "sha256" in inputs:
            failures += fields.hexadecimal(inputs, "sha256")
        media = inputs.get("media")
        if isinstance(media, str) and media and not _is_url(media):
            failures += fields.project_path(inputs, "media")
        failures += _addresses(inputs.get("addresses"))
        return inputs, failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare the inputs; nothing ever replaces a machine."""
        found = compared({key: old_state[key] for key in KNOWN if key in old_state}, new_inputs)
        if not found.changes and old_state.get("installed") != new_inputs.get("generation"):
            return Diff(True, detailed={"generation": "update"})  # an installation that was not ended
        return found

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Install, unless the machine is on."""
        id = f"{inputs['site']}/{inputs['node']}"
        if preview:
            report(f"installs {inputs['node']}: its disk is wiped, unless the machine is on", passing=False)
            return id, {**inputs, **dict.fromkeys(OUTPUTS, UNKNOWN)}
        with machine(inputs) as found:
            how = self._without_state(found, inputs)
            if how is not None:
                return id, {**inputs, "installed": inputs["generation"], "how": how}
            return id, self._install(id, found, inputs, timeout)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Give back what was there: a refresh needs no BMC, and never makes an installed machine one that is not."""
        if not state:
            raise ResourceError("a machine cannot be imported; the next `up` takes one that answers as installed")
        return id, inputs, state

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Install where the generation is another; go on where an installation was not ended; else only note."""
        wanted = new_inputs["generation"]
        if old_state.get("installed") == wanted:
            return {**new_inputs, **{key: old_state[key] for key in OUTPUTS}}
        if preview:
            report(f"installs {new_inputs['node']}: its disk is wiped", passing=False)
            return {**new_inputs, **dict.fromkeys(OUTPUTS, UNKNOWN)}
        with machine(new_inputs) as found:
            if old_state.get("installed") is None:
                how = self._without_state(found, new_inputs)
                if how is not None:
                    return {**new_inputs, "installed": wanted, "how": how}
            return self._install(id, found, new_inputs, timeout)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Leave the machine as it is."""
        report(f"{state['node']} stays as it is, with all that is on it", passing=False)

    def _without_state(self, found: Machine, inputs: Mapping[str, Any]) -> str | None:
        """Say why a machine of which nothing is noted is not installed; None where it is to be.

        Raises:
            ResourceError: it is on, and nobody knows what runs on it.
        """
        node, unfinished = inputs["node"], _same_media(found.media(), inputs)
        answering = _answering(inputs)
        if answering is not None:
            if unfinished:
                found.eject()
            report(f"{node} answers at {answering}: taken as installed, nothing was done to it", passing=False)
            return "answered"
        if not found.is_on or unfinished or inputs.get("installOver"):
            return None
        where = ", ".join(inputs["addresses"].values()) or "no address that the site states"
        raise ResourceError(
            f"{node} is on, and does not answer here at {where}: it may run this cluster, or anything else, and was "
            "left alone. Power it off, or name it in host.redfish.installOver, and run `up` again: that wipes its disk"
        )

    def _install(self, id: str, found: Machine, inputs: dict[str, Any], timeout: float) -> dict[str, Any]:
        with ExitStack() as stack:
            url = str(inputs["media"])
            if not _is_url(url):
                image = Path(url)
                sha256 = digest(image)
                if inputs.get("sha256") not in (None, sha256):
                    raise ResourceError(f"the image {image} has SHA-256 {sha256}, and not that of host.redfish.sha256")
                place = str(inputs["url"]), int(inputs["servePort"])
                url = stack.enter_context(served(image, _served_path(inputs), *place, _refusal(inputs)))
            node = inputs["node"]
            report(f"{node}: inserts {hidden(url)}", passing=False)
            found.insert(url)
            found.boot_media_once()
            lived = _answering(inputs) is not None
            found.start()
            report(f"{node}: installs", passing=False)
            self._wait(id, inputs, timeout or float(inputs["timeout"]), lived=lived)
            found.eject()
        return {**inputs, "installed": inputs["generation"], "how": "installed"}

    def _wait(self, id: str, inputs: dict[str, Any], timeout: float, *, lived: bool) -> None:
        """Wait until the new system answers, the old one having fallen silent; until then the drive must stay."""
        start = time.monotonic()
        begun = {**inputs, "installed": None, "how": "begun"}
        while (answering := _answering(inputs)) is None or lived:
            lived = lived and answering is not None
            waited = time.monotonic() - start
            if waited >= timeout:
                raise Incomplete(
                    f"{inputs['node']} was started from the image and does not answer after {span(waited)}: see its "
                    "console; the next `up` looks again, and installs again only what does not answer",
                    id,
                    begun,
                )
            report(f"{inputs['node']} installs, for {span(waited)}")
            if CANCELLED.wait(min(self._pause, timeout - waited)):
                raise Cancelled(f"{inputs['node']} goes on installing; nobody waits for it any more")
        report(f"{inputs['node']} answers at {answering} after {span(time.monotonic() - start)}", passing=False)


def _is_url(media: str) -> bool:
    return media.startswith(("http://", "https://"))


def _served_path(inputs: Mapping[str, Any]) -> str:
    """Return the end of a path, by which an installation that was cut off is known again; BMCs want its suffix."""
    return f"/{inputs['site']}/{inputs['node']}/{inputs['generation']}{Path(str(inputs['media'])).suffix}"


def _same_media(inserted: str, inputs: Mapping[str, Any]) -> bool:
    """Tell whether the drive holds what this installation put there, from whatever address and port."""
    if _is_url(str(inputs["media"])):
        return inserted == str(inputs["media"])
    return known_part(inserted) == _served_path(inputs)


def _refusal(inputs: Mapping[str, Any]) -> Callable[[str], None]:
    """Give what tells, from any thread, of an address that asked for the image and is not the BMC's."""
    context = copy_context()

    def refused(client: str) -> None:
        context.copy().run(
            warn,
            f"{inputs['node']}: {client} asked for its image and got nothing, since that is no address of the BMC "
            f"{inputs['url']}. Where the BMC does come from there, as behind NAT, give host.redfish.media a URL",
        )

    return refused


def _answering(inputs: Mapping[str, Any]) -> str | None:
    """Return the first of the node's addresses that answers; None where none does."""
    for family in FAMILIES:
        address = inputs["addresses"].get(family)
        if address:
            probe = connect(family, str(address), int(inputs["port"]), TRY_SECONDS, CANCELLED.is_set)
            if probe.status is Status.ANSWERED:
                return str(address)
    return None


def _addresses(given: Any) -> Iterator[Failure]:
    if given is UNKNOWN:
        return
    if not isinstance(given, Mapping):
        yield Failure("addresses", "must be a map of ipv4 and ipv6, which may be empty")
        return
    yield from fields.unknown_keys(given, tuple(FAMILIES), "addresses")
    for family in FAMILIES:
        try:
            right = family not in given or ipaddress.ip_address(given[family]).version == VERSION[family]
        except ValueError:
            right = False
        if not right:
            yield Failure(f"addresses.{family}", f"must be one IPv{family[-1]} address, without a prefix length")
