"""Rules about nodes that are installed through their BMCs.

Sources: DMTF Redfish (DSP0266, VirtualMedia), EIB's documentation of ISO and raw images, and what the operator's own
schemes mean (``dualstack.bmc``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from dualstack.address.bmc import BmcAddress, parse_bmc
from dualstack.address.family import LABEL
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.logins import without_logins
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.ironic.bmc_addresses import bmc_address
from dualstack.site import Site

BMC = Rule(
    "DS290-node-bmc",
    "With host.kind redfish every node must have a BMC of its own that speaks Redfish.",
    Severity.ERROR,
    "Nobody can put the image into the machine's virtual drive.",
    "DMTF DSP0266; baremetal-operator pkg/hardwareutils/bmc: redfish schemes",
    firm=True,
)
IMAGE = Rule(
    "DS291-image-for-media",
    "A machine that is installed from virtual media must get an ISO that installs by itself.",
    Severity.ERROR,
    "A raw image does not boot from a virtual CD, and an ISO without a device waits at a console for a person.",
    "edge-image-builder docs/building-images.md (isoConfiguration.installDevice)",
    firm=True,
)
MEDIA = Rule(
    "DS292-media",
    "There must be an image to install from, whose address BMC and deploying machine can use.",
    Severity.ERROR,
    "The drive stays empty, and the machine boots what it has.",
    "dualstack's own: docs/metal.md",
)
LOGIN = Rule(
    "DS293-bmc-login",
    "A node's BMC must have a login whose password is a secret of the stack.",
    Severity.WARNING,
    "The BMC refuses, and nothing is installed.",
    "DMTF DSP0266, authentication",
)
FINGERPRINT = Rule(
    "DS294-bmc-fingerprint",
    "A fingerprint must be a SHA-256 in hex.",
    Severity.ERROR,
    "No certificate is accepted, and nothing is installed.",
    "openssl x509 -fingerprint -sha256",
    firm=True,
)
UNUSED = Rule(
    "DS295-installation-unused",
    "Settings of an installation must have machines that are installed.",
    Severity.WARNING,
    "They have no effect: nothing is installed through a BMC.",
    "dualstack's own: docs/metal.md",
)
PLAIN = Rule(
    "DS296-bmc-plain-http",
    "A BMC should be reached over TLS.",
    Severity.WARNING,
    "Its password crosses the network in clear, and anybody can answer in its place.",
    "DMTF DSP0266, security: HTTPS is required of services",
)

OVER = Rule(
    "DS360-install-over",
    "A node should be named in host.redfish.installOver for one installation only.",
    Severity.WARNING,
    "Where the state is lost, a machine that lives and does not answer is wiped: nothing else asks for it then.",
    "dualstack's own: docs/metal.md",
)

RULES = (BMC, IMAGE, MEDIA, LOGIN, FINGERPRINT, UNUSED, PLAIN, OVER)

_SHA256: Final = re.compile("[0-9a-f]{64}")
_EXAMPLE: Final = "redfish-virtualmedia://[fd00:200::21]/redfish/v1/Systems/1"
_SPEAKS: Final = ("redfish", "idrac-virtualmedia", "idrac-redfish", "ilo5-virtualmedia", "ilo5-redfish")
REDFISH: Final[Path] = ("host", "redfish")


def digest(item: At[str], fix: str, *, colons: bool = False) -> Findings:
    """Tell a digest that is none; an empty one says nothing, and where told colons may stand between the bytes."""
    if item.value and not _SHA256.fullmatch(item.value.replace(":", "" if colons else ":").lower()):
        yield FINGERPRINT.at(item.path, "this is no SHA-256 in hex", fix)


def one_family(media: At[str], node: str, bmc: BmcAddress) -> Findings:
    """Tell an image's URL of a family that the BMC is not known to have.

    Args:
        media: the URL, or a path, which is served over the BMC's family.
        node: the node's name.
        bmc: its BMC.
    """
    if not is_url(media.value):
        return
    host = parse_bmc(f"redfish://{media.value.split('://', 1)[1]}")
    if bmc.family is not None and host.family is not None and bmc.family != host.family:
        message = f"the BMC of {node} has an {LABEL[bmc.family]} address, the image an {LABEL[host.family]} one"
        fix = "write a name that has A and AAAA, or leave media out, and the image is served from here to each BMC"
        yield MEDIA.at(media.path, message, fix)


def check_machines(subject: Subject) -> Findings:
    """Judge each node's BMC."""
    site, plan = subject.site, subject.plan
    if site.host.kind != "redfish":
        yield from _unused(subject)
        return
    for index, node in enumerate(site.nodes):
        path: Path = ("nodes", index, "bmc")
        if node.bmc is None:
            message = f"{node.name} has no BMC, and host.kind is redfish"
            yield BMC.at(path, message, f"add bmc: {{address: '{_EXAMPLE}', username: ..., passwordKey: ...}}")
            continue
        parsed = parse_bmc(node.bmc.address)
        at: Path = (*path, "address")
        if parsed.problem or not parsed.host:
            yield BMC.at(at, f"{node.bmc.address!r} is no BMC address", f"write one such as {_EXAMPLE}")
        else:
            yield from bmc_address(At(at, node.bmc.address))
            if not parsed.scheme.startswith(_SPEAKS):
                yield BMC.at(at, f"{parsed.scheme or 'ipmi'} has no virtual media", f"write one such as {_EXAMPLE}")
            elif parsed.transport == "http":
                yield PLAIN.at(at, f"{parsed.host} is reached over http", "leave +http out where the BMC has TLS")
        if node.bmc.username is None or node.bmc.password_key is None:
            lacking = "username" if node.bmc.username is None else "passwordKey"
            yield LOGIN.at(
                (*path, lacking), f"the BMC of {node.name} has no {lacking}", "give username and passwordKey"
            )
        elif node.bmc.password_key not in plan.secrets:
            fix = f"run: dualstack secret set {plan.name} {node.bmc.password_key}"
            yield LOGIN.at((*path, "passwordKey"), f"the stack has no secret {node.bmc.password_key}", fix)
        fix = "write what openssl x509 -fingerprint -sha256 prints of the BMC's certificate, behind the equals sign"
        yield from digest(At((*path, "fingerprint"), node.bmc.fingerprint or ""), fix, colons=True)


def check_own(subject: Subject) -> Findings:
    """Tell a BMC that is another node's: one BMC may have several machines, but each is one node."""
    seen: dict[tuple[object, ...], dict[str, int]] = {}
    nodes = subject.site.nodes
    for index, node in enumerate(nodes if subject.site.host.kind == "redfish" else ()):
        parsed = parse_bmc(node.bmc.address) if node.bmc is not None else None
        if parsed is None or parsed.problem or not parsed.host:
            continue
        port = parsed.port or ("80" if parsed.transport == "http" else "443")
        system = parsed.tail.rstrip("/")
        there = seen.setdefault((parsed.ip.ip if parsed.ip else parsed.host.lower(), port), {})
        # Without a path it is the only machine of the BMC.
        first = next(iter(there.values()), None) if not system or "" in there else there.get(system)
        there.setdefault(system, index)
        if first is not None:
            message = f"the machine behind {parsed.host} is {nodes[first].name}'s, too"
            consequence = "One machine is installed twice, and the other never."
            yield BMC.at(("nodes", index, "bmc", "address"), message, "write this node's own", consequence=consequence)


def check_image(subject: Subject) -> Findings:
    """Judge what is installed."""
    site = subject.site
    if site.host.kind != "redfish":
        return
    if site.image.type != "iso":
        yield IMAGE.at(("image", "type"), f"{site.image.type} is no image for virtual media", write("iso", guess=True))
    elif site.image.install_device is None:
        message = "the ISO would ask at the console which disk to install to"
        yield IMAGE.at(("image", "installDevice"), message, "write the disk, such as /dev/disk/by-path/... or /dev/sda")
    if site.host.redfish.media is None and site.image.build == "none":
        for index, node in enumerate(site.nodes):
            if node.bmc is not None and node.bmc.media is None:
                message = f"there is no image for {node.name}: none is given, and none is built here"
                fix = "set host.redfish.media to the image's URL or path, or image.build to local"
                yield MEDIA.at(("nodes", index, "bmc", "media"), message, fix)
                break
    sha256 = At((*REDFISH, "sha256"), site.host.redfish.sha256 or "")
    yield from digest(sha256, "write what sha256sum prints of the image")
    port = site.host.redfish.serve_port
    if not 0 <= port <= 65535:
        yield MEDIA.at((*REDFISH, "servePort"), f"{port} is no TCP port", write(0, ", for any free one"))
    known = {node.name for node in site.nodes}
    for index, name in enumerate(site.host.redfish.install_over):
        if name not in known:
            fix = f"write one of {', '.join(sorted(known))}"
            yield MEDIA.at((*REDFISH, "installOver", index), f"{name!r} is no node of the site", fix)
        else:
            message = f"{name} may be wiped although it is on"
            fix = f"take it out once {name} is installed"
            yield OVER.at((*REDFISH, "installOver", index), message, fix)


def is_url(media: str) -> bool:
    """Tell whether a BMC is given an image's own address; else it is a file that is served from here."""
    return media.startswith(("http://", "https://"))


def fetchable(media: At[str]) -> Findings:
    """Tell an image that no BMC fetches, or that the deploying machine does not serve."""
    text, path = media.value, PurePosixPath(media.value)
    scheme, colon, rest = text.partition("://")
    if colon and not is_url(text):
        fix: AnyFix = "write an http or https URL, or a path below the project, whose file is then served from here"
        if scheme.lower() in ("http", "https"):
            fix = write(f"{scheme.lower()}://{rest}")
        yield MEDIA.at(media.path, f"{without_logins(text)} is no http or https URL", fix)
    elif not colon and (path.is_absolute() or ".." in path.parts or text.startswith("~") or str(path) == "."):
        fix = "put the image below the project, and write its path from there, such as images/eib.iso"
        yield MEDIA.at(media.path, f"{text} is no path below the project", fix)
    elif not colon and str(path) != text:
        yield MEDIA.at(media.path, f"{text} is not in its shortest form", write(str(path)))


def given_media(site: Site) -> Iterator[At[str]]:
    """Yield the images that machines are installed from, as the site gives them."""
    if site.host.kind == "redfish":
        if site.host.redfish.media is not None:
            yield At((*REDFISH, "media"), site.host.redfish.media)
        for index, node in enumerate(site.nodes):
            if node.bmc is not None and node.bmc.media is not None:
                yield At(("nodes", index, "bmc", "media"), node.bmc.media)


def check_media(subject: Subject) -> Findings:
    """Judge where the images come from."""
    for media in given_media(subject.site):
        yield from fetchable(media)


def check_families(subject: Subject) -> Findings:
    """Tell where an image's URL is of a family that a BMC is not known to have."""
    media = subject.site.host.redfish.media or ""
    for index, node in enumerate(subject.site.nodes if subject.site.host.kind == "redfish" else ()):
        if node.bmc is not None and node.bmc.media is None:
            at: Path = ("nodes", index, "bmc", "address")
            yield from one_family(At(at, media), node.name, parse_bmc(node.bmc.address))


def _unused(subject: Subject) -> Findings:
    site = subject.site
    if site.host.redfish.model_fields_set:
        message = f"host.redfish has no effect while host.kind is {site.host.kind}"
        yield UNUSED.at(REDFISH, message, remove(", or set host.kind to redfish"))
    for index, node in enumerate(site.nodes):
        if node.generation != 1:
            message = f"generation has no effect while host.kind is {site.host.kind}"
            yield UNUSED.at(("nodes", index, "generation"), message, remove())


CHECKS = (check_machines, check_own, check_image, check_media, check_families)
