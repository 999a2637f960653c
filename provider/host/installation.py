"""``dualstack:host:Installation``: a machine installed once through its BMC, from an image in its virtual drive.

What it must never do is install a machine that lives. So nothing but a higher ``generation`` installs one that was
installed; and where there is no state, as after it was lost, a machine that is on is left alone: one that answers where
the node should is taken as installed, any other one is an error until it is off or the site names it. The same holds
behind a BMC that shows another machine than the one that was installed.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path
from typing import Any, Final

from sushy import exceptions as redfish_errors  # type: ignore[import-untyped]

from dualstack.address.family import FAMILIES, VERSION
from dualstack.document.holes import UNKNOWN
from dualstack.probe.served_url import hidden, known_part
from dualstack.tokens import INSTALLATION
from provider.frame import fields
from provider.frame.compare import compared
from provider.frame.handler import CANCELLED, Cancelled, Diff, Failure, Incomplete, ResourceError, report, warn
from provider.host import begun as notes
from provider.host.computer import Machine
from provider.host.evidence import answering, is_ours, is_url, refuse_another, served_path
from provider.host.redfish import machine, told
from provider.host.serving import digest, served
from provider.host.waiting import span

TEXTS: Final = ("site", "node", "url", "media")
KNOWN: Final = (
    *TEXTS, "system", "username", "password", "fingerprint", "sha256", "servePort", "generation", "installOver",
    "addresses", "port", "timeout", "macs",
)  # fmt: skip
OUTPUTS: Final = ("installed", "how", "machine")
BEGUN: Final = "begun"
"""How it is with an installation that did not end."""
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
        if isinstance(media, str) and media and not is_url(media):
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
            unless = "it is on"
            if notes.noted(inputs):
                unless = "it answers: its installation was cut off"
            elif inputs.get("installOver"):
                unless = "it answers: host.redfish.installOver names it"
            report(f"installs {inputs['node']}: its disk is wiped, unless {unless}", passing=False)
            return id, {**inputs, **dict.fromkeys(OUTPUTS, UNKNOWN)}
        with machine(inputs) as found:
            return id, self._unnoted(id, found, inputs, timeout, begun=notes.noted(inputs))

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Give back what was there: a refresh needs no BMC, and never makes an installed machine one that is not."""
        if not state:
            raise ResourceError("a machine cannot be imported; the next `up` takes one that answers as installed")
        if state.get("installed") is None:
            report(f"{state['node']}: its installation did not end; `up` goes on with it", passing=False)
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
        """Install where the generation is higher; go on where an installation was not ended; else only note.

        Raises:
            ResourceError: the generation is lower than the one that is installed.
        """
        wanted, installed = new_inputs["generation"], old_state.get("installed")
        if installed == wanted:
            return {**new_inputs, **{key: old_state[key] for key in OUTPUTS if key in old_state}}
        if installed is not None and wanted is not UNKNOWN and wanted < installed:
            raise ResourceError(
                f"{new_inputs['node']} has generation {installed} on its disk, and the site says {wanted}, as after a "
                f"commit was taken back: nothing was done to it. Write generation: {installed} to leave it as it is, "
                f"or {installed + 1} to have it installed again"
            )
        if preview:
            report(f"installs {new_inputs['node']}: its disk is wiped", passing=False)
            return {**new_inputs, **dict.fromkeys(OUTPUTS, UNKNOWN)}
        with machine(new_inputs) as found:
            if installed is None:
                cut = old_state.get("how") == BEGUN or notes.noted(new_inputs)
                return self._unnoted(id, found, new_inputs, timeout, begun=cut)
            before = old_state.get("machine")
            # Some BMCs tell no UUID, or none until their firmware is newer.
            if before and found.uuid and before != found.uuid:
                report(f"{new_inputs['url']} has another machine than the one that was installed", passing=False)
                return self._unnoted(id, found, new_inputs, timeout, begun=notes.noted(new_inputs))
            if _is_cut_off(found, new_inputs):
                return {**new_inputs, "installed": wanted, "how": "answered", "machine": found.uuid}
            return self._install(id, found, new_inputs, timeout, again=True)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Leave the machine as it is; an image of ours in its drive, from a run that was killed, is taken out."""
        node, cut = state["node"], state.get("installed") is None or notes.noted(state)
        notes.forget(state)
        try:
            with machine(state) as found:
                if found.eject(lambda image: is_ours(image, state, begun=cut)):
                    report(f"{node}: the image of an installation that was cut off is out of its drive", passing=False)
        except ResourceError as error:
            report(f"{node}: whether an image is left in its drive was not seen: {error}", passing=False)
        report(f"{node} stays as it is, with all that is on it", passing=False)

    def _unnoted(
        self, id: str, found: Machine, inputs: dict[str, Any], timeout: float, *, begun: bool
    ) -> dict[str, Any]:
        """Install a machine of which nothing is noted, unless it is on; one that answers is taken as it is.

        Args:
            id: of the resource.
            found: the machine.
            inputs: of the resource.
            timeout: in seconds, 0 for the site's.
            begun: whether it is known that this installation began and did not end.

        Raises:
            ResourceError: it is on, and nobody knows what runs on it.
        """
        node = inputs["node"]
        begun = begun or any(is_ours(image, inputs) for image in found.media())
        alive, unseen = answering(inputs)
        if alive is not None:
            found.eject(lambda image: is_ours(image, inputs, begun=begun))
            notes.forget(inputs)
            report(f"{node} answers at {alive}: taken as installed, nothing was done to it", passing=False)
            return {**inputs, "installed": inputs["generation"], "how": "answered", "machine": found.uuid}
        on = found.is_on
        where = ", ".join(inputs["addresses"].values()) or "no address that the site states"
        if on and unseen:
            raise ResourceError(
                f"{node} is on, and nothing here has a route to {where}: whether it runs this cluster cannot be seen, "
                "and it was left alone. Run `up` where there is a route, or power the machine off"
            )
        if on and not begun and not inputs.get("installOver"):
            raise ResourceError(
                f"{node} is on, and does not answer here at {where}: it may run this cluster, or anything else, and "
                "was left alone. Power it off, or name it in host.redfish.installOver, and run `up` again: that wipes "
                "its disk"
            )
        return self._install(id, found, inputs, timeout, again=on)

    def _install(
        self, id: str, found: Machine, inputs: dict[str, Any], timeout: float, *, again: bool
    ) -> dict[str, Any]:
        """Install; ``again`` says whether it may be started again where it is on."""
        node, url = inputs["node"], str(inputs["media"])
        refuse_another(found, inputs)
        with ExitStack() as stack:
            if own := not is_url(url):
                image = Path(url)
                sha256 = digest(image)
                if inputs.get("sha256") not in (None, sha256):
                    raise ResourceError(f"the image {image} has SHA-256 {sha256}, and not that of host.redfish.sha256")
                place = str(inputs["url"]), int(inputs["servePort"])
                url = stack.enter_context(served(image, served_path(inputs), *place, _refusal(inputs)))
            ordered = started = False
            notes.note(inputs)
            try:
                report(f"{node}: inserts {hidden(url)}", passing=False)
                found.insert(url)
                ordered = True
                found.boot_media_once()
                lived = answering(inputs)[0] is not None
                if CANCELLED.is_set():
                    raise Cancelled(f"{node} was not started: the run was ended before")
                started = found.start(again=again)
                if not started:
                    raise ResourceError(
                        f"{node} was switched on by somebody else meanwhile, and was left alone: power it off, and run "
                        "`up` again"
                    )
                report(f"{node}: installs", passing=False)
                self._wait(id, inputs, timeout or float(inputs["timeout"]), found.uuid, lived=lived)
            except BaseException:
                # Nobody serves the image any more; whoever gets this address next could serve another one.
                if own or not started:
                    _emptied(found, node, ordered=ordered and not started)
                if not started:
                    notes.forget(inputs)
                raise
            _emptied(found, node)
            notes.forget(inputs)
        return {**inputs, "installed": inputs["generation"], "how": "installed", "machine": found.uuid}

    def _wait(self, id: str, inputs: dict[str, Any], timeout: float, uuid: str, *, lived: bool) -> None:
        """Wait until the new system answers, the old one having fallen silent."""
        start, node = time.monotonic(), inputs["node"]
        state = {**inputs, "installed": None, "how": BEGUN, "machine": uuid}
        while (alive := answering(inputs)[0]) is None or lived:
            lived = lived and alive is not None
            waited = time.monotonic() - start
            if waited >= timeout:
                raise Incomplete(
                    f"{node} was started from the image and does not answer after {span(waited)}: see its "
                    "console; the next `up` looks again, and installs again only what does not answer",
                    id,
                    state,
                )
            report(f"{node} installs, for {span(waited)}")
            if CANCELLED.wait(min(self._pause, timeout - waited)):
                goes_on = "goes on installing" if is_url(str(inputs["media"])) else "cannot go on installing"
                raise Incomplete(f"{node} {goes_on}: the run was ended. The next `up` goes on with it", id, state)
        report(f"{node} answers at {alive} after {span(time.monotonic() - start)}", passing=False)


def _is_cut_off(found: Machine, inputs: Mapping[str, Any]) -> bool:
    """Tell whether a run that is gone began this generation, and the machine answers; then the drive is emptied.

    Of that run state has nothing. What it began may long be a node of the cluster, and is not wiped a second time.
    """
    noted = notes.noted(inputs)

    def began(image: str) -> bool:
        if is_url(str(inputs["media"])):
            return is_ours(image, inputs, begun=noted)
        return known_part(image) == served_path(inputs)

    alive, _ = answering(inputs)
    if alive is None or not any(began(image) for image in found.media()):
        return False
    found.eject(began)
    notes.forget(inputs)
    warn(
        f"{inputs['node']} answers at {alive}, and an earlier run has put the image of generation "
        f"{inputs['generation']} into its drive: taken as installed from it, nothing was done to it. Where it still is "
        "what it was before (see /etc/dualstack/site.json there), give it yet another generation"
    )
    return True


def _emptied(found: Machine, node: str, *, ordered: bool = False) -> None:
    """Take out what was put in, and the order to boot from it; that it fails is no reason to fail."""
    try:
        found.eject()
        if ordered:
            found.boot_as_before()
    except (redfish_errors.SushyError, ResourceError) as error:
        words = told(error) if isinstance(error, redfish_errors.SushyError) else str(error)
        warn(f"{node}: its drive may still hold the image, eject it by hand: {words}")


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
