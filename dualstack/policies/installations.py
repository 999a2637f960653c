"""Machines that a program installs through their BMCs, and what they are installed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dualstack.address.bmc import BmcAddress, parse_bmc
from dualstack.document.findings import At
from dualstack.policies.declare import policy
from dualstack.policies.directory import DEFINITION, file_path, read_yaml
from dualstack.policies.model import Check, Given, NotYet, Told, View, instead, read
from dualstack.rules.host import redfish
from dualstack.rules.host import redfish as rules
from dualstack.tokens import DIRECTORY, INSTALLATION

_URL: Final = "write the URL of its Redfish service, such as https://[fd00:200::21]"


def _parsed(given: Given) -> BmcAddress | None:
    scheme, separator, rest = (given.text("url") or "").partition("://")
    parsed = parse_bmc(f"redfish://{rest}") if separator and scheme in ("http", "https") else None
    return None if parsed is None or parsed.problem or not parsed.host else parsed


def _bmc(given: Given, _view: View) -> Told:
    parsed = _parsed(given)
    if parsed is None:
        yield rules.BMC.at(("url",), f"{given.text('url') or ''!r} is no URL of a BMC", _URL)
    elif str(given.text("url")).startswith("http://"):
        yield rules.PLAIN.at(("url",), f"{parsed.host} is reached over http", "write https where the BMC has TLS")


def _login(given: Given, _view: View) -> Told:
    # A password that lacks is told of the site: until it is set, a program may be previewed without it.
    if not given.text("username"):
        yield rules.LOGIN.at(("username",), f"the BMC of {given.name} has no username", "give username and password")


def _digests(given: Given, _view: View) -> Told:
    for key in ("fingerprint", "sha256"):
        item = At((key,), given.text(key) or "")
        yield from rules.digest(item, "write 64 hex digits", colons=key == "fingerprint")


def _over(given: Given, _view: View) -> Told:
    over = given.get("installOver")
    if over not in (None, True, False):
        yield NotYet(("installOver",), instead(over, "true or false"))
    elif over:
        yield rules.OVER.at(("installOver",), f"{given.name} may be wiped although it is on", "take it out afterwards")


def _media(given: Given, _view: View) -> Told:
    media = given.text("media")
    if not media:
        yield rules.MEDIA.at(("media",), f"there is no image for {given.name}", "write the image's URL or path")
    elif (parsed := _parsed(given)) is not None:
        yield from rules.one_family(At(("media",), media), given.name, parsed)


def _image(given: Given, view: View) -> Told:
    """Judge the image of a stack that installs machines."""
    if not any(other.type == INSTALLATION for other in view.others):
        return
    definition = read_yaml(given, DEFINITION) or {}
    where = file_path(DEFINITION)
    kind = read(definition, "image", "imageType", below=where)
    device = read(definition, "operatingSystem", "isoConfiguration", "installDevice", below=where)
    if not isinstance(definition.get("image"), Mapping):
        return
    if kind != "iso":
        message = f"{kind} is no image for virtual media"
        yield rules.IMAGE.at((*where, "image", "imageType"), message, "write iso")
    elif not device:
        path = (*where, "operatingSystem", "isoConfiguration", "installDevice")
        message = "the ISO would ask at the console which disk to install to"
        yield rules.IMAGE.at(path, message, "write the disk, such as /dev/sda")


BMC = Check((INSTALLATION,), _bmc)
LOGIN = Check((INSTALLATION,), _login)
DIGESTS = Check((INSTALLATION,), _digests)
MEDIA = Check((INSTALLATION,), _media)
OVER = Check((INSTALLATION,), _over)
IMAGE = Check((DIRECTORY,), _image)


POLICIES: Final = (
    policy(redfish.BMC, "Write the URL of the BMC's Redfish service.", BMC),
    policy(redfish.IMAGE, "Make it an ISO with an installDevice.", IMAGE, whole=True),
    policy(redfish.MEDIA, "Write an image whose address the BMC can use.", MEDIA),
    policy(redfish.LOGIN, "Give username and password.", LOGIN),
    policy(redfish.FINGERPRINT, "Write a SHA-256 in hex.", DIGESTS),
    policy(redfish.PLAIN, "Write https where the BMC has TLS.", BMC),
    policy(redfish.OVER, "Take installOver out once the machine is installed.", OVER),
)
