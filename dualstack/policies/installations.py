"""Machines that a program installs through their BMCs, and what they are installed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dualstack.address.bmc import parse_bmc
from dualstack.document.findings import At
from dualstack.policies.declare import policy
from dualstack.policies.directory import DEFINITION, file_path, read_yaml
from dualstack.policies.model import Check, Given, Told, View, read
from dualstack.rules.host import redfish
from dualstack.rules.host import redfish as rules
from dualstack.tokens import DIRECTORY, INSTALLATION

_URL: Final = "write the URL of its Redfish service, such as https://[fd00:200::21]"


def _machine(given: Given, _view: View) -> Told:
    url = given.text("url") or ""
    scheme, separator, rest = url.partition("://")
    parsed = parse_bmc(f"redfish://{rest}") if separator else None
    if parsed is None or scheme not in ("http", "https") or parsed.problem or not parsed.host:
        yield rules.BMC.at(("url",), f"{url!r} is no URL of a BMC", _URL)
    elif scheme == "http":
        yield rules.PLAIN.at(("url",), f"{parsed.host} is reached over http", "write https where the BMC has TLS")
    # A password that lacks is told of the site: until it is set, a program may be previewed without it.
    if not given.text("username"):
        yield rules.LOGIN.at(("username",), f"the BMC of {given.name} has no username", "give username and password")
    for key in ("fingerprint", "sha256"):
        item = At((key,), given.text(key) or "")
        yield from rules.digest(item, "write 64 hex digits", colons=key == "fingerprint")
    if given.get("installOver") is True:
        yield rules.OVER.at(("installOver",), f"{given.name} may be wiped although it is on", "take it out afterwards")
    media = given.text("media")
    if not media:
        yield rules.MEDIA.at(("media",), f"there is no image for {given.name}", "write the image's URL or path")
    elif parsed is not None:
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


MACHINE = Check((INSTALLATION,), _machine)
IMAGE = Check((DIRECTORY,), _image)


POLICIES: Final = (
    policy(redfish.BMC, "Write the URL of the BMC's Redfish service.", MACHINE),
    policy(redfish.IMAGE, "Make it an ISO with an installDevice.", IMAGE, whole=True),
    policy(redfish.MEDIA, "Write an image whose address the BMC can use.", MACHINE),
    policy(redfish.LOGIN, "Give username and password.", MACHINE),
    policy(redfish.FINGERPRINT, "Write a SHA-256 in hex.", MACHINE),
    policy(redfish.PLAIN, "Write https where the BMC has TLS.", MACHINE),
    policy(redfish.OVER, "Take installOver out once the machine is installed.", MACHINE),
)
