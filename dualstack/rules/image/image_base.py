"""Rules about what the image is made of and where it is installed: base image, disk, size."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix, write
from dualstack.rules.base import Subject

UNATTENDED = Rule(
    "DS190-install-device",
    "An ISO must name the disk to install to, where nobody is at the console.",
    Severity.INFO,
    "The installer asks for a disk at the console, and waits.",
    "edge-image-builder docs/building-images.md (isoConfiguration.installDevice)",
)
BASE = Rule(
    "DS191-base-image",
    "The base image must be a file in base-images/, of the image's type and architecture.",
    Severity.ERROR,
    "The image build does not find it, or makes an image that does not boot.",
    "edge-image-builder pkg/image/validation/image.go (base-images/<baseImage> must exist) and pkg/build (an ISO is "
    "taken apart with xorriso, a raw image is grown and mounted)",
)
WHOLE_DISK = Rule(
    "DS192-whole-disk",
    "The install device must be a whole disk.",
    Severity.ERROR,
    "The installer writes an image of a whole disk, with its partition table: into a partition it does not boot.",
    "edge-image-builder docs/building-images.md (installDevice: a disk such as /dev/sda)",
)
SMALL = Rule(
    "DS193-image-small",
    "A raw image must have room for the system and everything embedded: 20 GB at the very least.",
    Severity.WARNING,
    "The image build stops while it fills the image, or cannot shrink the base image.",
    "estimate of dualstack: SL Micro, RKE2's images and those of the charts; edge-image-builder pkg/build/templates/"
    "modify-raw-image.sh.tpl (truncate to this size); edge-image-builder docs: large enough for what is embedded",
)

RULES = (UNATTENDED, BASE, WHOLE_DISK, SMALL)

LEAST_BYTES = 20 * 10**9
_UNITS = {"M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_PARTITION = re.compile(
    r"(?P<disk>/dev/(?:(?:sd|vd|hd|xvd)[a-z]+|(?:nvme[0-9]+n|mmcblk|nbd|loop|md)[0-9]+))(?:p?(?P<number>[0-9]+))"
    r"|(?P<link>/dev/disk/by-\S+?)-part[0-9]+"
)
_ENDS = re.compile(r"(\.raw|\.img|\.qcow2|\.xz|\.gz|\.zst|\.bz2)+$", re.IGNORECASE)
_BY_PARTITION = ("/dev/disk/by-uuid/", "/dev/disk/by-label/", "/dev/disk/by-partuuid/", "/dev/disk/by-partlabel/")
_ARCHES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def whole_disk(device: At[str]) -> Findings:
    """Tell a partition where a disk is wanted."""
    match = _PARTITION.fullmatch(device.value)
    # nvme0n1 and mmcblk0 end in a number and are disks; their partitions have a p.
    named = match and (match["link"] or "p" in device.value.removeprefix(match["disk"]) or match["disk"][-1].isalpha())
    if match and named:
        yield WHOLE_DISK.at(device.path, f"{device.value} is a partition", write(match["link"] or match["disk"]))
    elif re.fullmatch(r"/dev/nvme[0-9]+", device.value):
        message = f"{device.value} is a controller, not a disk"
        yield WHOLE_DISK.at(device.path, message, write(f"{device.value}n1", guess=True))
    elif device.value.startswith(_BY_PARTITION):
        message = f"{device.value} names a file system or a partition"
        yield WHOLE_DISK.at(device.path, message, "write the disk's link in /dev/disk/by-id/ or by-path/")


def _instead(value: str, key: str) -> Fix:
    return write(value, ", or remove image.baseImage", path=("image", key), guess=True)


def base_image(name: At[str], kind: str, arch: str) -> Findings:
    """Judge a base image by its name.

    Args:
        name: as the site has it.
        kind: ``iso`` or ``raw``.
        arch: the image's architecture.
    """
    text = name.value
    file = PurePosixPath(text).name
    if "://" in text or text.startswith(("/", "~")) or ".." in text.split("/") or text.startswith("base-images/"):
        message = f"{text!r} is no file name in base-images/"
        yield BASE.at(name.path, message, write(file, ", and put the file into base-images/ of the directory"))
        return
    lower = file.lower()
    is_iso = lower.endswith(".iso")
    is_raw = lower.endswith((".raw", ".qcow2", ".img")) or (lower != _ENDS.sub("", lower) and not is_iso)
    if kind == "raw" and is_iso:
        message = f"{file} is an ISO, and the image is to be raw"
        yield BASE.at(name.path, message, _instead("iso", "type"))
    elif kind == "iso" and is_raw:
        message = f"{file} is a raw image, and the image is to be an ISO"
        yield BASE.at(name.path, message, _instead("raw", "type"))
    elif is_raw and not lower.endswith((".raw", ".img")):
        message = f"{file} is packed or in another format than raw, which the image builder mounts as it is"
        yield BASE.at(name.path, message, write(f"{_ENDS.sub('', file)}.raw", ", and unpack the file to that name"))
    told = {_ARCHES[word] for word in re.findall("|".join(_ARCHES), lower)}
    if told and arch not in told:
        other = min(told)
        message = f"{file} is for {other}, and the image for {arch}"
        yield BASE.at(name.path, message, _instead(other, "arch"))


def check_base(subject: Subject) -> Findings:
    """Judge base image, disk and size."""
    image = subject.site.image
    if image.base_image is not None:
        yield from base_image(At(("image", "baseImage"), image.base_image), image.type, image.arch)
    if image.install_device is not None:
        yield from whole_disk(At(("image", "installDevice"), image.install_device))
    elif image.type == "iso":
        fix = "set image.installDevice to the disk, such as /dev/disk/by-path/... or /dev/sda, or be at the console"
        yield UNATTENDED.at(("image", "installDevice"), "the ISO asks which disk to install to", fix)
    size = re.fullmatch(r"([1-9][0-9]{0,9})([MGT])", image.disk_size or "")
    if size and image.type == "raw" and int(size[1]) * _UNITS[size[2]] < LEAST_BYTES:
        message = f"{image.disk_size} is less than the 20 GB that this stack needs at least"
        yield SMALL.at(("image", "diskSize"), message, write("40G", guess=True))


CHECKS = (check_base,)
