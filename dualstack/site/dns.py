"""DNS: who answers, and which zones hold the site's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from dualstack.site.base import AnyAddress, Bool, Int, Model, SecretKey, Text


class TsigKey(Model):
    """A TSIG key (RFC 8945); its secret stands in a config key of its own."""

    name: Text = Field(description="Name of the key, as the server knows it.")
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512"] = Field("hmac-sha256", description="Algorithm.")
    secret_key: SecretKey = Field("tsigSecret", description="Config key dualstack:<this> that holds the secret.")


class Zone(Model):
    """A zone, forward or reverse, and the server that takes its updates."""

    name: Text = Field(description="Name of the zone, such as example.com or 100.168.192.in-addr.arpa.")
    server: Text | None = Field(None, description="Server for RFC 2136 updates: an address or a name.")
    port: Int = Field(53, description="TCP port of the server.")
    key: TsigKey | None = Field(None, description="TSIG key for updates.")


class DnsCheck(Model):
    """How the records of others are checked, with the backend existing."""

    resolvers: tuple[AnyAddress, ...] = Field(
        (), description="Resolvers that the deploying machine asks; those of the nodes where absent."
    )
    port: Int = Field(53, description="Their UDP and TCP port.")
    timeout: Int = Field(120, description="Seconds for which up waits for records that are only being made.")


DnsBackend = Literal["none", "existing", "rfc2136", "libvirt"]


@dataclass(frozen=True, slots=True)
class Keeper:
    """What a backend means: rules, answers and the words of day two ask this, never for its name."""

    who: Literal["nobody", "others", "up", "network"]
    """Others: up checks their records. up: it writes each, with TTL and PTR. network: the hypervisor's own server."""
    zones: bool = False
    """Whether updates go to the servers of dns.zones (RFC 2136), with their keys."""

    @property
    def written(self) -> bool:
        """Whether dualstack writes the records itself."""
        return self.who in ("up", "network")


BACKENDS: Final[Mapping[DnsBackend, Keeper]] = {
    "none": Keeper("nobody"),
    "existing": Keeper("others"),
    "rfc2136": Keeper("up", zones=True),
    "libvirt": Keeper("network"),
}
"""Every backend; what one makes that writes or asks stands in a table of ``components/dns.py``."""


class Dns(Model):
    """DNS settings."""

    resolvers: tuple[AnyAddress, ...] = Field(description="Resolvers of the nodes, at most three.")
    search: tuple[Text, ...] = Field((), description="Search domains of the nodes.")
    backend: DnsBackend = Field(
        "existing",
        description="Who holds the records. existing: somebody else, up checks them. rfc2136: dualstack writes "
        "them. libvirt: the virtual network's own server. none: nobody looks.",
    )
    check: DnsCheck = Field(DnsCheck.model_construct(), description="Check of the records, with the backend existing.")
    ttl: Int = Field(3600, description="TTL of the records, in seconds.")
    pointers: Bool = Field(True, description="Whether PTR records belong to the plan.")
    zones: tuple[Zone, ...] = Field((), description="Zones; where none fits a record, its zone is derived.")

    @property
    def keeper(self) -> Keeper:
        """What the backend means."""
        return BACKENDS[self.backend]
