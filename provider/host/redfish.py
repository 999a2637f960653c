"""One machine through its BMC, over Redfish: power, virtual media, and what it boots from next.

All errors of sushy become ``ResourceError`` with what to look at; none holds the password.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sushy  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from sushy import auth, connector
from sushy import exceptions as redfish_errors

from provider.frame.handler import ResourceError
from provider.host.serving import hidden

# What it has to say stands in its exceptions; its log would reach the engine's console.
logging.getLogger("sushy").setLevel(logging.CRITICAL)

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
MEDIA: Final = (sushy.VirtualMediaType.CD, sushy.VirtualMediaType.DVD)


class _Pinned(HTTPAdapter):
    """Takes the one certificate whose SHA-256 is known, whoever signed it and whatever name is in it."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pool that compares."""
        super().init_poolmanager(
            *args, **options, assert_fingerprint=self._fingerprint, assert_hostname=False, cert_reqs=ssl.CERT_NONE
        )

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the authorities out: the fingerprint is what is asked for."""
        conn.cert_reqs = "CERT_NONE"


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

    @property
    def is_on(self) -> bool:
        """Whether it has power."""
        self._system.refresh(force=True)
        return bool(self._system.power_state != sushy.PowerState.OFF)

    def media(self) -> str:
        """Return the URL of the image in the drive; empty where there is none."""
        drive = self._drive()
        return str(drive.image or "") if drive.inserted or drive.image else ""

    def insert(self, url: str) -> None:
        """Put an image into the drive, in place of what is in it."""
        if self.media() not in ("", url):
            self.eject()
        if self.media() != url:
            self._drive().insert_media(url, inserted=True, write_protected=True)

    def eject(self) -> None:
        """Empty the drive."""
        drive = self._drive()
        if drive.inserted or drive.image:
            drive.eject_media()

    def boot_media_once(self) -> None:
        """Have the next boot, and only that one, start from the drive."""
        once = sushy.BootSourceOverrideEnabled.ONCE
        self._system.set_system_boot_options(sushy.BootSource.CD, once, sushy.BootSourceOverrideMode.UEFI)

    def start(self) -> None:
        """Start it, or start it again where it is on."""
        self._system.reset_system(sushy.ResetType.FORCE_RESTART if self.is_on else sushy.ResetType.ON)

    def _drive(self) -> Any:
        for holder in (self._system, *self._system.managers):
            try:
                drives = holder.virtual_media.get_members()
            except (redfish_errors.MissingAttributeError, AttributeError, redfish_errors.ResourceNotFoundError):
                continue
            for drive in drives:
                drive.refresh(force=True)
                if any(kind in (drive.media_types or ()) for kind in MEDIA):
                    return drive
        raise ResourceError("the BMC has no virtual CD: it has no licence for it, or the address names another system")


@contextmanager
def machine(inputs: Mapping[str, Any]) -> Iterator[Machine]:
    """Open a machine.

    Args:
        inputs: ``url``, ``system``, ``username``, ``password`` and ``fingerprint`` of the resource.

    Raises:
        ResourceError: the BMC is not reached, refuses the login, or refuses what is asked of it.
    """
    url, pin = str(inputs["url"]), str(inputs.get("fingerprint") or "")
    try:
        # The fingerprint is what is verified, by the adapter; sushy's own switch would only warn.
        link = connector.Connector(
            url, verify=not pin, default_request_timeout=READ_SECONDS, connect_timeout=CONNECT_SECONDS
        )
        if pin:
            link._session.mount("https://", _Pinned(pin))
        login = None
        if inputs.get("username"):
            login = auth.SessionOrBasicAuth(str(inputs["username"]), str(inputs.get("password") or ""))
        yield Machine(sushy.Sushy(url, auth=login, connector=link), str(inputs.get("system") or ""))
    except redfish_errors.AccessError:
        raise ResourceError(f"{url} refuses the login: see nodes[].bmc.username and its password") from None
    except redfish_errors.ConnectionError as error:
        raise ResourceError(_unreached(url, str(error))) from None
    except redfish_errors.ResourceNotFoundError:
        raise ResourceError(f"{url} has no system {inputs.get('system') or '(none named)'}") from None
    except redfish_errors.SushyError as error:
        raise ResourceError(f"{url} refuses: {hidden(_first_line(error))}") from None


def _unreached(url: str, words: str) -> str:
    if "fingerprint" in words.lower():
        return f"{url} shows another certificate than nodes[].bmc.fingerprint: it was renewed, or another BMC answers"
    if "certificate" in words.lower():
        return f"{url} has a certificate that nobody here vouches for: give nodes[].bmc.fingerprint"
    return f"{url} is not reached: is the BMC up, and is there a way to it from here?"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
