"""One machine as its BMC shows it: power, virtual media, and what it boots from next.

BMCs differ in what they show and take. What is done here about it, beside what sushy does itself
(``TransferProtocolType``, ``If-Match``, the USB CD of Supermicro), is from the Redfish schemas (DMTF DSP0268), in which
nearly all is optional.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import sushy  # type: ignore[import-untyped]
from sushy import exceptions as redfish_errors

from dualstack.address.mac import with_colons
from dualstack.probe.served_url import hidden
from provider.frame.handler import CANCELLED, ResourceError

MEDIA: Final = (sushy.VirtualMediaType.CD, sushy.VirtualMediaType.DVD)
SHOWN_SECONDS: Final = 60.0
"""How long a BMC may take to show an image that it was told to insert: some answer 202 and fetch afterwards."""
_PAUSE: Final = 0.5
_ABSENT: Final = (redfish_errors.MissingAttributeError, redfish_errors.ResourceNotFoundError)
"""What sushy raises for a link that a BMC does not have, or that leads nowhere."""
_STARTS: Final = (sushy.ResetType.ON, sushy.ResetType.FORCE_ON, sushy.ResetType.PUSH_POWER_BUTTON)
_RESTARTS: Final = (sushy.ResetType.FORCE_RESTART, sushy.ResetType.POWER_CYCLE, sushy.ResetType.GRACEFUL_RESTART)
_DISCS: Final = (sushy.BootSource.CD, sushy.BootSource.USB_CD)


class Machine:
    """A computer system and its virtual media."""

    def __init__(self, root: sushy.Sushy, system: str) -> None:
        """Find it.

        Args:
            root: the service.
            system: path of the system; the only one where empty.
        """
        if system:
            self._system = root.get_system(system)
        else:
            found = root.get_system_collection().get_members()
            if len(found) != 1:
                raise ResourceError(
                    f"the BMC has {len(found)} systems; name one in the address: .../redfish/v1/Systems/ID"
                )
            self._system = found[0]
        self._used = ""

    @property
    def is_on(self) -> bool:
        """Whether it has power, or is about to have or to lose it."""
        self._system.refresh(force=True)
        state = self._system.power_state
        if state is None:
            raise ResourceError(
                "the BMC does not tell whether the machine is on (PowerState), so nothing was done to it: wait until "
                "the BMC has started, or update its firmware"
            )
        return bool(state != sushy.PowerState.OFF)

    @property
    def uuid(self) -> str:
        """What the system is known by; empty where the BMC does not tell."""
        return str(self._system.uuid or "").lower()

    def macs(self) -> frozenset[str]:
        """Return the addresses of the NICs that the BMC shows: often not all, of some machines none."""
        try:
            nics = self._system.ethernet_interfaces.get_members()
        except redfish_errors.SushyError:
            return frozenset()
        shown = [mac for nic in nics for mac in (nic.permanent_mac_address, nic.mac_address)]
        return frozenset(mac.lower() for one in shown if (mac := with_colons(str(one or ""))) is not None)

    def media(self) -> tuple[str, ...]:
        """Return the URLs of the images in the drives."""
        return tuple(str(drive.image or "an image that it does not name") for drive in self._drives() if _full(drive))

    def insert(self, url: str) -> None:
        """Put an image into a drive, in place of what is in it; of several the first one that takes it.

        Raises:
            ResourceError: no drive is there, or none shows the image in time.
        """
        drives = list(self._drives())
        if not drives:
            raise ResourceError(
                "the BMC has no virtual CD: it has no licence for it, or the address names another system"
            )
        for drive in drives:
            try:
                self._used = drive.path
                if _full(drive):
                    drive.eject_media()
                drive.insert_media(url, inserted=True, write_protected=True)
                break
            except (redfish_errors.BadRequestError, redfish_errors.ServerSideError):
                # Such as a drive for the BMC's own console alone.
                if drive is drives[-1]:
                    raise
        end = time.monotonic() + SHOWN_SECONDS
        while not _full(self._again(drive)):
            if time.monotonic() >= end:
                raise ResourceError(
                    f"the BMC was told to insert {hidden(url)}, and its drive is empty after {SHOWN_SECONDS:.0f} s: "
                    "can the BMC reach that address (firewall, routes of this family), and does it take such an image?"
                )
            if CANCELLED.wait(_PAUSE):
                return

    def eject(self, which: Callable[[str], bool] | None = None) -> list[str]:
        """Empty the drive that was used, or each whose image is meant; return what was in there."""
        gone = []
        for drive in self._drives():
            image = str(drive.image or "")
            if _full(drive) and (which(image) if which is not None else drive.path == self._used):
                drive.eject_media()
                gone.append(image)
            elif which is None and drive.path == self._used:
                # An order that the BMC took may be carried out yet.
                with contextlib.suppress(redfish_errors.SushyError):
                    drive.eject_media()
        return gone

    def boot_media_once(self) -> None:
        """Have the next boot, and only that one, start from the drive.

        Raises:
            ResourceError: the BMC names what it can boot from, and no disc is among it.
        """
        known = self._system.get_allowed_system_boot_source_values()
        disc = next((one for one in _DISCS if one in known), None)
        if disc is None:
            names = ", ".join(sorted(one.value for one in known))
            raise ResourceError(f"the BMC lets the machine start from {names} only, and from no virtual CD")
        once = sushy.BootSourceOverrideEnabled.ONCE
        try:
            self._system.set_system_boot_options(disc, once, sushy.BootSourceOverrideMode.UEFI)
        except redfish_errors.BadRequestError:
            # Some take the mode in the firmware's own settings alone.
            self._system.refresh(force=True)
            if self._system.boot.mode not in (None, sushy.BootSourceOverrideMode.UEFI):
                raise ResourceError("the machine boots as a PC with a BIOS: set it to UEFI in its settings") from None
            self._system.set_system_boot_options(disc, once)

    def boot_as_before(self) -> None:
        """Take the order of ``boot_media_once`` back."""
        self._system.set_system_boot_options(enabled=sushy.BootSourceOverrideEnabled.DISABLED)

    def start(self, *, again: bool) -> bool:
        """Start it; where it is on, start it again if that may be; return whether it was started."""
        on = self.is_on
        if on and not again:
            return False
        known = self._system.get_allowed_reset_system_values()
        wanted = _RESTARTS if on else _STARTS
        way = next((one for one in wanted if one in known), None)
        if way is None:
            names = ", ".join(sorted(one.value for one in known))
            raise ResourceError(f"the BMC can do {names} with the machine, none of which starts it")
        self._system.reset_system(way)
        return True

    def _again(self, drive: Any) -> Any:
        drive.refresh(force=True)
        return drive

    def _drives(self) -> Iterator[Any]:
        """Give the drives for discs: of the system where it has any, else of its managers."""
        for holder in self._holders():
            try:
                members = holder.virtual_media.get_members()
            except (*_ABSENT, AttributeError):
                continue
            drives = [self._again(drive) for drive in members]
            if discs := [drive for drive in drives if _is_disc(drive)]:
                yield from discs
                return

    def _holders(self) -> Iterator[Any]:
        yield self._system
        try:
            yield from self._system.managers
        except (*_ABSENT, AttributeError):
            return


def _is_disc(drive: Any) -> bool:
    if drive.media_types:
        return any(kind in MEDIA for kind in drive.media_types)
    return any(word in f"{drive.identity} {drive.name}".upper() for word in ("CD", "DVD"))


def _full(drive: Any) -> bool:
    """Tell whether an image is in a drive: some keep the URL of one that is not, others tell no ``Inserted``."""
    return bool(drive.image) if drive.inserted is None else bool(drive.inserted)
