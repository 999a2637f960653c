"""The program's side of our own resource types: tokens and properties, each named once, as the provider reads them.

Property names are camelCase, as on the wire. An input that is None is left out: whether it may be is the provider's
Check to say, with a message that names the property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NotRequired, TypedDict

import pulumi

from dualstack import tokens


class FileInput(TypedDict):
    """One file of a directory: either what was rendered, or a file of the user's that is copied."""

    mode: pulumi.Input[str]
    """Permissions in octal, such as ``0644``."""
    content: NotRequired[pulumi.Input[str]]
    """The text; a secret where the file holds one."""
    source: NotRequired[pulumi.Input[str]]
    """Path of a file relative to the project, in place of ``content``."""
    sha256: NotRequired[pulumi.Input[str]]
    """Of the source's bytes, in hex, so that a change of it is seen."""


class TsigInput(TypedDict):
    """The key that signs an update (RFC 8945)."""

    name: pulumi.Input[str]
    algorithm: pulumi.Input[str]
    """``hmac-sha256`` and up."""
    secret: NotRequired[pulumi.Input[str]]
    """Base64, always secret; left out where the stack has none."""


class ServerInput(TypedDict):
    """The server that takes a zone's updates (RFC 2136)."""

    address: NotRequired[pulumi.Input[str]]
    """An address or a name; left out where the site gives the zone no server."""
    port: pulumi.Input[int]
    """TCP port."""
    key: NotRequired[TsigInput]
    """Left out for unsigned updates."""


class JumpInput(TypedDict):
    """An SSH server from which a host is tried."""

    host: pulumi.Input[str]
    """An address or a name."""
    port: pulumi.Input[int]
    user: pulumi.Input[str]
    hostKey: pulumi.Input[str]
    """Its public key; no other is accepted."""
    privateKey: NotRequired[pulumi.Input[str]]
    """Always secret; the keys of the SSH agent where it is left out."""


class RecordSet(pulumi.CustomResource):
    """A and AAAA of one name, written in one atomic update."""

    TYPE: ClassVar = tokens.RECORD_SET

    def __init__(
        self,
        name: str,
        *,
        record: pulumi.Input[str],
        zone: pulumi.Input[str],
        ipv4: pulumi.Input[Sequence[str]],
        ipv6: pulumi.Input[Sequence[str]],
        ttl: pulumi.Input[int],
        server: pulumi.Input[ServerInput],
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Write the records.

        Args:
            name: name of the resource.
            record: the DNS name, without the last dot.
            zone: the zone that holds it.
            ipv4: values of the A records, canonical.
            ipv6: values of the AAAA records, canonical.
            ttl: seconds.
            server: who takes the update.
            adopt: whether records of others at the name may be taken over; ours are in any case.
            opts: resource options.
        """
        inputs = {
            "record": record,
            "zone": zone,
            "ipv4": ipv4,
            "ipv6": ipv6,
            "ttl": ttl,
            "server": server,
            "adopt": adopt,
        }
        super().__init__(self.TYPE, name, inputs, opts)


class Pointer(pulumi.CustomResource):
    """One PTR record, in a zone with its own server and key."""

    TYPE: ClassVar = tokens.POINTER

    def __init__(
        self,
        name: str,
        *,
        record: pulumi.Input[str],
        zone: pulumi.Input[str],
        target: pulumi.Input[str],
        ttl: pulumi.Input[int],
        server: pulumi.Input[ServerInput],
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Write the record.

        Args:
            name: name of the resource.
            record: the name under in-addr.arpa or ip6.arpa, without the last dot.
            zone: the zone that holds it.
            target: the name that it points to, without the last dot.
            ttl: seconds.
            server: who takes the update.
            adopt: whether a record of others at the name may be taken over; ours is in any case.
            opts: resource options.
        """
        inputs = {"record": record, "zone": zone, "target": target, "ttl": ttl, "server": server, "adopt": adopt}
        super().__init__(self.TYPE, name, inputs, opts)


class Answers(pulumi.CustomResource):
    """Asks whether others' DNS answers A and AAAA of a name as planned; makes nothing."""

    TYPE: ClassVar = tokens.ANSWERS

    def __init__(
        self,
        name: str,
        *,
        record: pulumi.Input[str],
        ipv4: pulumi.Input[Sequence[str]],
        ipv6: pulumi.Input[Sequence[str]],
        ttl: pulumi.Input[int],
        pointers: pulumi.Input[Sequence[str]],
        resolvers: pulumi.Input[Sequence[str]],
        port: pulumi.Input[int],
        timeout: pulumi.Input[int],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Ask.

        Args:
            name: name of the resource.
            record: the DNS name, without the last dot.
            ipv4: values of the A records, canonical.
            ipv6: values of the AAAA records, canonical.
            ttl: seconds, for records that are proposed.
            pointers: names under in-addr.arpa and ip6.arpa that should point to the name; told as warnings.
            resolvers: addresses of those who are asked.
            port: their port.
            timeout: seconds to wait for records that are only being made.
            opts: resource options.
        """
        inputs = {
            "record": record,
            "ipv4": ipv4,
            "ipv6": ipv6,
            "ttl": ttl,
            "pointers": pointers,
            "resolvers": resolvers,
            "port": port,
            "timeout": timeout,
        }
        super().__init__(self.TYPE, name, inputs, opts)


class Directory(pulumi.CustomResource):
    """A rendered EIB directory on the machine that deploys."""

    TYPE: ClassVar = tokens.DIRECTORY

    digest: pulumi.Output[str]
    """64 hex digits, others whenever a path, mode or content changes; keyed, so no secret can be guessed from it."""

    def __init__(
        self,
        name: str,
        *,
        site: pulumi.Input[str],
        path: pulumi.Input[str],
        files: pulumi.Input[Mapping[str, FileInput]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Write the directory.

        Args:
            name: name of the resource.
            site: whose it is; a directory of another site is never written to.
            path: the directory, relative to the project, so that state is the same on every machine.
            files: the files by their path in the directory; contents stand here, so that a preview shows their diff.
            opts: resource options.
        """
        super().__init__(self.TYPE, name, {"site": site, "path": path, "files": files, "digest": None}, opts)


class Build(pulumi.CustomResource):
    """An image that the release's EIB container makes of a directory."""

    TYPE: ClassVar = tokens.BUILD

    image: pulumi.Output[str]
    """The image's path relative to the project; its name holds the hash of all inputs, so new content is a new path."""

    def __init__(
        self,
        name: str,
        *,
        directory: pulumi.Input[str],
        digest: pulumi.Input[str],
        base_image: pulumi.Input[str],
        builder: pulumi.Input[str],
        secrets: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Build the image.

        Args:
            name: name of the resource.
            directory: path of the EIB directory, relative to the project.
            digest: the directory's digest; a new one is a new image.
            base_image: file name in the directory's base-images.
            builder: container image of EIB, with its version.
            secrets: texts to take out of the log; no new image because of them.
            opts: resource options.
        """
        inputs = {
            "directory": directory,
            "digest": digest,
            "baseImage": base_image,
            "builder": builder,
            "secrets": secrets,
            "image": None,
        }
        super().__init__(self.TYPE, name, inputs, opts)


class Ready(pulumi.CustomResource):
    """Waits until a host answers over IPv4 and over IPv6; makes nothing."""

    TYPE: ClassVar = tokens.READY

    answered: pulumi.Output[Mapping[str, str]]
    """The address that answered, by family; without a family that could not be checked from there."""
    certificate: pulumi.Output[str]
    """SHA-256 of the certificate that was served, in hex, as last seen; only where it is watched."""

    def __init__(
        self,
        name: str,
        *,
        ipv4: pulumi.Input[str] | None,
        ipv6: pulumi.Input[str] | None,
        port: pulumi.Input[int],
        timeout: pulumi.Input[int],
        readiness: pulumi.Input[str],
        jump: JumpInput | None = None,
        watch_certificate: bool = False,
        host: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Wait.

        Args:
            name: name of the resource.
            ipv4: the host's address; None where the site does not state one.
            ipv6: the same, IPv6.
            port: TCP port that answers once the cluster does.
            timeout: seconds for both families together.
            readiness: ``direct``, ``ssh-jump`` or ``off``.
            jump: with ``ssh-jump``, from where.
            watch_certificate: whether to note the server's certificate, also at each refresh.
            host: id of the machine, where we made it: another machine is waited for anew.
            opts: resource options.
        """
        inputs = {
            "ipv4": ipv4,
            "ipv6": ipv6,
            "port": port,
            "timeout": timeout,
            "readiness": readiness,
            "jump": jump,
            "watchCertificate": watch_certificate or None,
            "host": host,
        }
        super().__init__(self.TYPE, name, {**inputs, "answered": None, "certificate": None}, opts)


class Installation(pulumi.CustomResource):
    """Installs a machine through its BMC, once; a destroyed one leaves the machine as it is."""

    TYPE: ClassVar = tokens.INSTALLATION

    def __init__(
        self,
        name: str,
        *,
        site: pulumi.Input[str],
        node: pulumi.Input[str],
        url: pulumi.Input[str],
        system: pulumi.Input[str] | None,
        username: pulumi.Input[str] | None,
        password: pulumi.Input[str] | None,
        fingerprint: pulumi.Input[str] | None,
        media: pulumi.Input[str],
        sha256: pulumi.Input[str] | None,
        serve_port: pulumi.Input[int],
        generation: pulumi.Input[int],
        install_over: pulumi.Input[bool] | None,
        addresses: pulumi.Input[Mapping[str, str]],
        port: pulumi.Input[int],
        timeout: pulumi.Input[int],
        macs: pulumi.Input[Sequence[str]] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Install.

        Args:
            name: name of the resource.
            site: the site's name.
            node: the node's name.
            url: of the BMC's Redfish service, without a path.
            system: path of the system; the only one where it is left out.
            username: login name.
            password: always secret.
            fingerprint: SHA-256 of the BMC's certificate in hex; verified by authorities where it is left out.
            media: URL of the image, or a path relative to the project, which is then served from here.
            sha256: of an image that is served.
            serve_port: TCP port to serve it on, any free one where 0.
            generation: a higher number installs again, a lower one is refused.
            install_over: whether a machine may be installed although it is on, or shows none of the node's NICs.
            addresses: the node's own, by family; by them it is known that it runs.
            port: TCP port that answers once it does.
            timeout: seconds for the whole installation.
            macs: of the node's NICs; a machine whose BMC shows others alone is another one.
            opts: resource options.
        """
        inputs = {
            "site": site,
            "node": node,
            "url": url,
            "system": system,
            "username": username,
            "password": password,
            "fingerprint": fingerprint,
            "media": media,
            "sha256": sha256,
            "servePort": serve_port,
            "generation": generation,
            "installOver": install_over,
            "addresses": addresses,
            "port": port,
            "timeout": timeout,
            "macs": macs,
        }
        super().__init__(self.TYPE, name, {**inputs, "installed": None, "how": None, "machine": None}, opts)
