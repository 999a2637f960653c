"""Rules about the image: what the image builder takes, and who can log in."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.logins import split_login
from dualstack.document.origins import Path
from dualstack.plan.packages import node_packages
from dualstack.rules.base import Subject
from dualstack.rules.blame import softened
from dualstack.site.image import User

USERS = Rule(
    "DS114-image-users",
    "Every user must have a name of its own, and a password hash or an SSH key.",
    Severity.ERROR,
    "The image build refuses the definition, or the user cannot log in.",
    "edge-image-builder pkg/image/validation/os.go",
    firm=True,
)
NOBODY = Rule(
    "DS115-nobody-logs-in",
    "Somebody must be able to log in to the node.",
    Severity.INFO,
    "The node can be reached through Kubernetes alone; where that does not start, nobody can look why.",
    "dualstack's own",
)
DISK = Rule(
    "DS116-image-disk",
    "Disk size belongs to a raw image, the install device to an ISO, each in the form that the builder takes.",
    Severity.ERROR,
    "The image build refuses the definition, or the installer asks for a disk and waits.",
    "edge-image-builder pkg/image/validation/os.go",
)
KERNEL = Rule(
    "DS117-kernel-args",
    "Kernel arguments must be words or key=value, each key once.",
    Severity.ERROR,
    "The image build refuses the definition.",
    "edge-image-builder pkg/image/validation/os.go",
    firm=True,
)
PACKAGES = Rule(
    "DS118-packages",
    "Packages and their repositories must be given once, priorities from 0 to 99.",
    Severity.ERROR,
    "The image build refuses the definition.",
    "edge-image-builder pkg/image/validation/os.go",
    firm=True,
)
TIME = Rule(
    "DS119-time",
    "The time zone must be one of the tz database, and a boot that waits for the clock must have a source.",
    Severity.ERROR,
    "The image build refuses the definition, or the node's clock shows another zone.",
    "edge-image-builder pkg/image/validation/os.go",
    firm=True,
)
REGISTRIES = Rule(
    "DS121-registries",
    "Registries and images to embed must be given once, as host and path without a scheme.",
    Severity.ERROR,
    "The image build refuses the definition.",
    "edge-image-builder pkg/image/validation/registry.go",
    firm=True,
)
FILES = Rule(
    "DS122-project-files",
    "Files of the project must be named by relative paths inside it, manifests also by URLs, each once.",
    Severity.ERROR,
    "Another machine has no such file, and the image build stops.",
    "edge-image-builder pkg/image/validation/kubernetes.go (manifest URLs); dualstack's own for paths",
    firm=True,
)
PACKAGE_SOURCE = Rule(
    "DS140-package-source",
    "The image builder must have a source for the packages that the release adds.",
    Severity.WARNING,
    "The image build stops while it resolves packages, unless the base image brings their repositories.",
    "edge-image-builder docs/installing-packages.md and pkg/combustion/rpm.go (warning); open-iscsi is in the SUSE "
    "Telco Cloud guide's own packageList",
)
NO_IPV6 = Rule(
    "DS141-ipv6-switched-off",
    "Kernel arguments must leave IPv6 on.",
    Severity.ERROR,
    "The node has no IPv6 address, and RKE2 does not start with CIDRs of two families.",
    "Linux Documentation/networking/ipv6.rst (disable, disable_ipv6) and admin-guide/kernel-parameters.txt "
    "(module_blacklist, initcall_blacklist); modprobe(8) (modprobe.blacklist)",
    firm=True,
)

RULES = (USERS, NOBODY, DISK, KERNEL, PACKAGES, TIME, REGISTRIES, FILES, PACKAGE_SOURCE, NO_IPV6)

_USER_NAME = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
_HASH = re.compile(r"\$[0-9a-z]+\$[^:\s]+")
_SSH_KEY = re.compile(r"(^|\s)(ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]{16,}")
_DISK_SIZE = re.compile(r"[1-9][0-9]*[MGT]")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}")
_IPV6_OFF = re.compile(
    r"(ipv6\.disable(_ipv6)?|sysctl[./]net[./]ipv6[./]conf[./](all|default)[./]disable_ipv6)=0*[1yY].*"
)
_BLACKLISTED = re.compile(r"(?P<key>(modprobe\.|module_|initcall_)blacklist)=(?P<names>.*)")
_IPV6_NAMES = ("ipv6", "inet6_init")
"""The module, and what starts it where the kernel has it built in."""
REGISTRY = re.compile(
    r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[a-z0-9]+([._/-]+[a-z0-9]+)*)?"
)
"""A registry and a path in it, as distribution's reference grammar has them: IPv6 addresses in brackets."""


def _twice(items: Sequence[At[str]]) -> Iterator[At[str]]:
    seen: set[str] = set()
    for item in items:
        if item.value in seen:
            yield item
        seen.add(item.value)


def _listed(path: Path, items: Sequence[str]) -> list[At[str]]:
    return [At((*path, index), item) for index, item in enumerate(items)]


def user(given: At[User]) -> Findings:
    """Tell why a user could not be made, or could not log in; a password hash is never shown."""
    path, account = given
    if not _USER_NAME.fullmatch(account.username):
        fix = "write a name of lower-case letters, digits, - and _, such as admin"
        yield USERS.at((*path, "username"), f"{account.username!r} is no user name", fix)
    if account.encrypted_password is None and not account.ssh_keys:
        message = f"{account.username} has neither a password nor an SSH key"
        yield USERS.at(path, message, "add sshKeys with a public key, or encryptedPassword")
    hashed = account.encrypted_password
    if hashed is not None and not _HASH.fullmatch(hashed):
        message = f"the password of {account.username} is no crypt(3) hash"
        yield USERS.at((*path, "encryptedPassword"), message, "write what this prints: openssl passwd -6")
    for index, key in enumerate(account.ssh_keys):
        if not _SSH_KEY.search(key):
            message = f"key {index + 1} of {account.username} is no public SSH key"
            yield USERS.at(
                (*path, "sshKeys", index), message, "write the whole line of a .pub file: ssh-ed25519 AAAA..."
            )


def kernel_args(args: Sequence[At[str]]) -> Findings:
    """Judge kernel arguments as EIB does."""
    seen: set[str] = set()
    for arg in args:
        key, equals, value = arg.value.partition("=")
        if " " in arg.value.strip():
            yield KERNEL.at(arg.path, f"{arg.value!r} is more than one argument", "write each as an item of its own")
        elif equals and not (key and value):
            yield KERNEL.at(arg.path, f"{arg.value!r} lacks its {'value' if key else 'key'}", "write key=value")
        elif key == "fips" and value == "1":
            yield KERNEL.at(arg.path, "fips=1 is refused here by the image builder", remove())
        elif key in seen:
            yield KERNEL.at(arg.path, f"{key!r} is there twice, which the image builder refuses", "keep one of them")
        seen.add(key)


def ipv6_off(arg: At[str]) -> Findings:
    """Tell a kernel argument that switches IPv6 off; the kernel reads ``-`` in a name as ``_``."""
    text = arg.value.strip().strip("\"'").replace("-", "_")
    if _IPV6_OFF.fullmatch(text):
        yield NO_IPV6.at(arg.path, f"{arg.value!r} switches IPv6 off on the node", remove())
    elif listed := _BLACKLISTED.fullmatch(text):
        names = [name.strip() for name in listed["names"].split(",")]
        left = [name for name in names if name not in _IPV6_NAMES]
        if left != names:
            fix = write(f"{listed['key']}={','.join(left)}") if any(left) else remove()
            yield NO_IPV6.at(arg.path, f"{arg.value!r} keeps the kernel from loading IPv6", fix)


def inside_project(file: At[str]) -> Findings:
    """Tell why a path cannot be one of the project's files."""
    path = PurePosixPath(file.value)
    if path.is_absolute() or re.match(r"[A-Za-z]:|~", file.value):
        fix = f"copy it into the project, and write {path.name or 'its relative path'}"
        yield FILES.at(file.path, f"{file.value!r} is an absolute path", fix)
    elif ".." in path.parts:
        fix = f"copy it into the project, and write {path.name}"
        yield FILES.at(file.path, f"{file.value!r} leads out of the project", fix)


def check_users(subject: Subject) -> Findings:
    """Judge the users of the image."""
    users = subject.site.image.users
    for index, account in enumerate(users):
        yield from user(At(("image", "users", index), account))
    names = [At[str](("image", "users", i, "username"), account.username) for i, account in enumerate(users)]
    for name in _twice(names):
        yield USERS.at(name.path, f"the user {name.value!r} is there twice", "merge the two")
    if not users:
        fix = "add image.users with an SSH key: [{username: root, sshKeys: [ssh-ed25519 AAAA...]}]"
        yield NOBODY.at(("image", "users"), "no user is given, so nobody can log in to the node", fix)


def check_disk(subject: Subject) -> Findings:
    """Judge the settings that belong to one type of image."""
    image = subject.site.image
    if image.disk_size is not None:
        path: Path = ("image", "diskSize")
        if not _DISK_SIZE.fullmatch(image.disk_size):
            number = re.match(r"\s*([1-9][0-9]*)\s*([MGT]?)", image.disk_size, re.IGNORECASE)
            better = f"{number[1]}{number[2].upper() or 'G'}" if number else "40G"
            yield DISK.at(path, f"{image.disk_size!r} is no number with M, G or T", write(better))
        if image.type != "raw":
            yield softened(DISK.at(path, "an ISO has no disk size", remove(", or set image.type to raw")))
    if image.install_device is not None:
        path = ("image", "installDevice")
        if not image.install_device.startswith("/dev/"):
            fix = f"write /dev/{image.install_device.strip('/')}"
            yield DISK.at(path, f"{image.install_device!r} is no device", fix)
        if image.type != "iso":
            yield softened(DISK.at(path, "a raw image is not installed", remove(", or set image.type to iso")))
    args = _listed(("image", "kernelArgs"), image.kernel_args)
    yield from kernel_args(args)
    for arg in args:
        yield from ipv6_off(arg)


def check_packages(subject: Subject) -> Findings:
    """Judge packages and their repositories."""
    packages = subject.site.image.packages
    path: Path = ("image", "packages")
    for name in _twice(_listed((*path, "names"), packages.names)):
        yield softened(PACKAGES.at(name.path, f"{name.value} is there twice", remove(" here")))
    for index, repository in enumerate(packages.repositories):
        here: Path = (*path, "repositories", index)
        if repository.priority is not None and not 0 <= repository.priority <= 99:
            yield PACKAGES.at((*here, "priority"), f"{repository.priority} is not from 0 to 99", write(99))
    urls = [At[str]((*path, "repositories", i, "url"), item.url) for i, item in enumerate(packages.repositories)]
    for url in _twice(urls):
        yield PACKAGES.at(url.path, f"{url.value} is there twice", "remove one of the two")


def unknown_zone(name: str) -> AnyFix | None:
    """Return how to mend a zone that the tz database does not have.

    None for a zone that it has, and for every name where the system has no tz data, which nobody can then judge.
    """
    import zoneinfo  # only a site with a zone of its own needs it

    with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zoneinfo.ZoneInfo(name)
        return None
    known = zoneinfo.available_timezones()
    if not known or name in known:
        return None
    lower = {zone.lower(): zone for zone in sorted(known)}
    cities = {zone.rsplit("/", 1)[-1].lower(): zone for zone in sorted(known)}
    wanted = name.lower()
    for names, text in ((lower, wanted), (cities, wanted.rsplit("/", 1)[-1])):
        if near := difflib.get_close_matches(text, names, 1, 0.75):
            return write(names[near[0]])
    return write("UTC", ", or a name such as Europe/Paris")


def check_package_source(subject: Subject) -> Findings:
    """Tell where EIB has packages to install, and nowhere to take them from."""
    image, wanted = subject.site.image, node_packages(subject.site)
    if not wanted or image.packages.repositories or image.packages.scc_registration_code_key is not None:
        return
    fix = "set image.packages.sccRegistrationCodeKey to sccRegistrationCode, or add image.packages.repositories"
    message = f"{', '.join(wanted)}: neither a registration code nor a repository is given to take packages from"
    finding = PACKAGE_SOURCE.at(("image", "packages"), message, fix)
    # The folder may hold rpms/ with all of them.
    yield replace(finding, severity=Severity.INFO) if image.files is not None else finding


def check_time(subject: Subject) -> Findings:
    """Judge time zone and clock."""
    time = subject.site.image.time
    if not _ZONE.fullmatch(time.timezone):
        fix = "write a name of the tz database, such as Europe/Paris or UTC"
        yield TIME.at(("image", "time", "timezone"), f"{time.timezone!r} is no time zone", fix)
    elif (near := unknown_zone(time.timezone)) is not None:
        message = f"{time.timezone!r} is no zone of the tz database"
        yield TIME.at(("image", "time", "timezone"), message, near)
    if time.force_wait and not time.ntp_servers and not time.ntp_pools:
        message = "the boot waits for a clock that no source sets"
        yield TIME.at(("image", "time", "forceWait"), message, "add image.time.ntpServers, or set forceWait to false")


def check_registries(subject: Subject) -> Findings:
    """Judge registries with a login, and images to embed."""
    image = subject.site.image
    uris = [At[str](("image", "registries", i, "uri"), registry.uri) for i, registry in enumerate(image.registries)]
    images = _listed(("image", "images"), image.images)
    for uri in uris:
        if not REGISTRY.fullmatch(uri.value):
            bare = split_login(uri.value.strip(), schemeless=True).bare
            told = "what stands here, with a login," if bare != uri.value.strip() else repr(uri.value)
            host = bare.split("://", 1)[-1].strip("/")
            yield REGISTRIES.at(uri.path, f"{told} is no registry's host", write(host))
    for name in images:
        if "://" in name.value or " " in name.value:
            bare = name.value.split("://", 1)[-1].strip()
            yield REGISTRIES.at(name.path, f"{name.value!r} is no image name", write(bare))
    for item in [*_twice(uris), *_twice(images)]:
        yield REGISTRIES.at(item.path, f"{item.value} is there twice", "remove one of the two")


def check_files(subject: Subject) -> Findings:
    """Judge the files that the site takes from the project."""
    site = subject.site
    if site.image.files is not None:
        yield from inside_project(At(("image", "files"), site.image.files))
    manifests = _listed(("manifests",), site.manifests)
    for manifest in manifests:
        if manifest.value.startswith(("http://", "https://")):
            continue
        if "://" in manifest.value:
            fix = "write an http or https URL, or a path relative to the project"
            yield FILES.at(manifest.path, f"{manifest.value!r} is no http or https URL", fix)
        else:
            yield from inside_project(manifest)
    for manifest in _twice(manifests):
        yield FILES.at(manifest.path, f"{manifest.value} is there twice", "remove one of the two")


CHECKS = (check_users, check_disk, check_packages, check_package_source, check_time, check_registries, check_files)
