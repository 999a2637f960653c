"""What a new site needs: by flags, or by asking."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualstack.releases import RELEASES


@dataclass(slots=True)
class Answers:
    """None and empty lists are asked for; a list by node has the nodes' order."""

    name: str
    mode: str | None = None
    mac: list[str] = field(default_factory=list)
    ipv4: list[str] = field(default_factory=list)
    gateway4: str | None = None
    ipv6: list[str] = field(default_factory=list)
    gateway6: str | None = None
    resolvers: list[str] = field(default_factory=list)
    hostname: str | None = None
    release: str = field(default_factory=lambda: RELEASES.default)
    ssh_key: str | None = None
    collection_user: str | None = None
    extends: list[str] = field(default_factory=list)
    install_device: str | None = None
    nodes: int | None = None
    virtual: dict[str, str | None] = field(default_factory=dict)
    """Virtual addresses by flag: ``--api4`` and others; only with several nodes."""
    rancher_hostname: str | None = None
    bmc: list[str] = field(default_factory=list)
    bmc_user: str | None = None
    media: str | None = None

    @property
    def several(self) -> bool:
        """Whether the site has more than one node."""
        return (self.nodes or 1) > 1
