"""The way to one machine through its BMC, over Redfish.

All errors of sushy become ``ResourceError`` with what to look at; none holds the password.
"""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sushy  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from sushy import auth, connector
from sushy import exceptions as redfish_errors

from dualstack.probe.served_url import hidden
from provider.frame.handler import ResourceError
from provider.host.computer import Machine

# What it has to say stands in its exceptions; its log would reach the engine's console.
logging.getLogger("sushy").setLevel(logging.CRITICAL)

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
_SUSHY: Final = str(Path(sushy.__file__).parent)


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


@contextmanager
def machine(inputs: Mapping[str, Any]) -> Iterator[Machine]:
    """Open a machine.

    Args:
        inputs: ``url``, ``system``, ``username``, ``password`` and ``fingerprint`` of the resource.

    Raises:
        ResourceError: the BMC is not reached, refuses the login, or refuses what is asked of it.
    """
    url, pin = str(inputs["url"]), str(inputs.get("fingerprint") or "")
    login = None
    if inputs.get("username"):
        login = auth.SessionOrBasicAuth(str(inputs["username"]), str(inputs.get("password") or ""))
    try:
        yield Machine(sushy.Sushy(url, auth=login, connector=_link(url, pin)), str(inputs.get("system") or ""))
    except redfish_errors.SushyError as error:
        raise ResourceError(_words(error, url, inputs)) from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        if not _is_sushys(error):
            raise
        raise ResourceError(
            f"{url} gives an answer that is no Redfish ({type(error).__name__}): something else listens there, or its "
            "firmware is too old"
        ) from None
    finally:
        if login is not None:
            # BMCs have few sessions, and keep each for half an hour.
            with contextlib.suppress(redfish_errors.SushyError):
                login.close()


def _link(url: str, pin: str) -> connector.Connector:
    # The fingerprint is what is verified, by the adapter; sushy's own switch would only warn.
    link = connector.Connector(
        url,
        verify=not pin and (os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True),
        default_request_timeout=READ_SECONDS,
        connect_timeout=CONNECT_SECONDS,
    )
    # BMCs are reached directly, as the image is served to them: no proxy gets the login, and no .netrc takes its place.
    link._session.trust_env = False
    if pin:
        link._session.mount("https://", _Pinned(pin))
    return link


def told(error: redfish_errors.SushyError) -> str:
    """Give the first line of an error, as a BMC's words may be shown."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return hidden("".join(mark if mark.isprintable() else "?" for mark in line))


def _words(error: redfish_errors.SushyError, url: str, inputs: Mapping[str, Any]) -> str:
    if isinstance(error, redfish_errors.AccessError):
        return f"{url} refuses the login: see nodes[].bmc.username and its password"
    if isinstance(error, redfish_errors.ConnectionError):
        return _unreached(url, str(error))
    if isinstance(error, redfish_errors.ResourceNotFoundError):
        return f"{url} has no system {inputs.get('system') or '(none named)'}"
    return f"{url} refuses: {told(error)}"


def _is_sushys(error: Exception) -> bool:
    """Tell whether an error came about while sushy read an answer; one of ours is a defect."""
    return any(frame.filename.startswith(_SUSHY) for frame in traceback.extract_tb(error.__traceback__))


def _unreached(url: str, words: str) -> str:
    if "fingerprint" in words.lower():
        return f"{url} shows another certificate than nodes[].bmc.fingerprint: it was renewed, or another BMC answers"
    if "certificate" in words.lower():
        return f"{url} has a certificate that nobody here vouches for: give nodes[].bmc.fingerprint"
    return f"{url} is not reached: is the BMC up, and is there a way to it from here?"
