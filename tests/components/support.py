"""Records the project's own program for sites of the tests."""

from __future__ import annotations

import json
from typing import Any

from dualstack.document.holes import UNKNOWN_WORD
from dualstack.offline import Question, Recording, Resource, record
from dualstack.plan import make_plan
from dualstack.rules.ironic.ironic_rendered import expected
from dualstack.site import Site
from tests import PROJECT, sites
from tests.several import node, several

CANARY = "canary-0f1e2d3c"
"""Part of every secret that is used here."""
KEYS = (
    "rancherBootstrapPassword",
    "appsToken",
    "sccRegistrationCode",
    "tsigSecret",
    "kubeconfig",
    "jumpKey",
    "hostKey",
    "rke2Token",
    "bmcPassword",
)
SECRETS = {key: f"{CANARY}-{key}" for key in KEYS}
STACK = "urn:pulumi:test::dualstack::pulumi:pulumi:Stack::dualstack-test"

RELEASE = "kubernetes:helm.sh/v3:Release"
NETWORK = "libvirt:index/network:Network"
DOMAIN = "libvirt:index/domain:Domain"
VOLUME = "libvirt:index/volume:Volume"


def run(
    data: dict[str, Any],
    *,
    stack: str = "test",
    preview: bool = True,
    secrets: dict[str, str] | None = None,
    config: dict[str, str] | None = None,
    maps: dict[str, dict[str, str]] | None = None,
) -> Recording:
    """Record the program for a mapping of ``dualstack:site``.

    Args:
        data: the mapping.
        stack: name of the stack.
        preview: whether the program sees a preview.
        secrets: secret keys without the namespace.
        config: further keys, in full.
        maps: data of Ironic's ConfigMaps on the cluster, by their names; as the chart renders them where absent.
    """

    def answer(question: Question) -> dict[str, Any] | None:
        if question.kind != "read":
            return None
        if question.preview:
            return {"data": UNKNOWN_WORD}  # as the engine answers for an id that is not known yet
        found = rendered_maps(data) if maps is None else maps
        return {"data": found[question.name.removeprefix("management-charts-metal3-")]}

    given = {f"dualstack:{key}": value for key, value in (SECRETS if secrets is None else secrets).items()}
    full = {"dualstack:site": json.dumps(data), **given, **(config or {})}
    return record(
        PROJECT / "__main__.py",
        project="dualstack",
        stack=stack,
        config=full,
        secret_keys=list(given),
        preview=preview,
        outputs_for=answer,
    )


def rendered_maps(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Give the keys of Ironic's ConfigMaps that matter here, as the chart renders them for a site."""
    made = make_plan("test", Site.model_validate(data))
    if made.ironic is None:
        return {}
    wanted = expected(made.ironic, made.values("metal3"))
    return {name: {key: text for key, text in keys.items() if text is not None} for name, keys in wanted.items()}


def libvirt_site(mode: str = "address", /, **settings: Any) -> dict[str, Any]:
    """A site on a libvirt host; settings go below ``host.libvirt``."""
    libvirt = {"image": "images/site.raw", **settings}
    site = sites.mapping(mode, host={"kind": "libvirt", "libvirt": libvirt}, image={"type": "raw", "diskSize": "60G"})
    # The bridge of a virtual network is its gateway.
    return sites.put(site, "fd00:100::1", "nodes", 0, "interfaces", 0, "ipv6", "gateway")


def rfc2136_site() -> dict[str, Any]:
    """Hostname mode; two zones with servers and keys of their own, forward and IPv4, and IPv6 without a key."""
    key = {"name": "site-key", "algorithm": "hmac-sha512", "secretKey": "tsigSecret"}
    zones = [
        {"name": "paris.example.com", "server": "192.168.100.53", "key": key},
        {"name": "100.168.192.in-addr.arpa", "server": "192.168.100.54", "port": 5353, "key": key},
        {"name": "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa", "server": "fd00:100::55"},
    ]
    site = sites.mapping("hostname", dns={"backend": "rfc2136", "zones": zones, "ttl": 600})
    site["rancher"] = {"hostname": "rancher.paris.example.com"}
    return site


def ssh_site() -> dict[str, Any]:
    """A site behind a jump host, whose kubeconfig is read from the host."""
    site = sites.mapping("hostname", delivery="pulumi")
    site["host"] = {
        "readiness": "ssh-jump",
        "jump": {"host": "bastion.example.com", "user": "ops", "hostKey": sites.SSH_KEY, "privateKeyKey": "jumpKey"},
        "ssh": {"user": "admin", "hostKey": sites.SSH_KEY, "privateKeyKey": "hostKey"},
        "kubeconfig": {"source": "ssh", "server": "ipv6", "proxyUrl": "socks5://127.0.0.1:1080"},
    }
    return site


def machines_site() -> dict[str, Any]:
    """Three machines that are installed through their BMCs, with what nodeDefaults give in each node."""
    login = {"username": "admin", "passwordKey": "bmcPassword"}
    machine = "redfish-virtualmedia://[fd00:200::2{}]/redfish/v1/Systems/1"
    nodes = [node(number, bmc={"address": machine.format(number), **login}) for number in (1, 2, 3)]
    redfish = {"media": "https://images.example.com/lyon.iso"}
    image = {"type": "iso", "installDevice": "/dev/sda"}
    return sites.resolved(several(nodes=nodes, host={"kind": "redfish", "redfish": redfish}, image=image)).site


def every_site() -> dict[str, dict[str, Any]]:
    """Sites that together make every kind of resource."""
    full = libvirt_site(network={"domain": "paris.example.com"})
    full["host"]["production"] = True
    full["image"]["build"] = "local"
    built = libvirt_site()
    del built["host"]["libvirt"]["image"]
    built["image"]["build"] = "local"
    return {
        "address": sites.mapping(),
        "hostname": sites.mapping("hostname"),
        "rfc2136": rfc2136_site(),
        "libvirt": libvirt_site(),
        "libvirt-pulumi": {**libvirt_site(), "delivery": "pulumi"},
        "production": full,
        "built": {**built, "delivery": "pulumi"},
        "ssh": ssh_site(),
        "pulumi": sites.mapping("hostname", delivery="pulumi"),
        "day2": {**libvirt_site(), "day2": "helmchartconfig"},
        "machines": machines_site(),
        "handover": sites.mapping(charts={"metal3": {"delivery": "pulumi", "handover": True}}),
    }


def under(recording: Recording, urn: str) -> list[Resource]:
    """The children of a resource."""
    return [resource for resource in recording.resources if resource.parent == urn]
