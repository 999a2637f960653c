"""Rules about keys of server.yaml that want something beside them, or take one family away."""

from __future__ import annotations

import re

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix, Remove, remove, write
from dualstack.plan.server import PROFILES
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown, softened
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.server.own_server import own_values, own_words, switched_on

PROFILE = Rule(
    "DS182-cis-profile",
    "A profile must be cis or etcd, and with cis the kernel's defaults must be protected.",
    Severity.ERROR,
    'RKE2 stops at its start: "invalid value provided for --profile flag", or protect-kernel-defaults must be true.',
    "rancher/rke2 pkg/cli/cmds/profile_linux.go (1.33.6 to 1.36)",
    firm=True,
)
CLOUD_CONTROLLER = Rule(
    "DS183-cloud-controller",
    "The cloud controller must stay on, unless another one sets the node's addresses.",
    Severity.ERROR,
    "Nobody gives the node its second address: it has one family, and pods on the host's network, too.",
    "k3s issue 12060 (without the cloud controller there is nothing that sets the node IPs); k3s issue 5638 (kubelet "
    "itself takes one address beside an external provider); rancher/rke2 pkg/rke2/rke2_linux.go (cloud-provider-name "
    "switches its own off)",
)
ONE_ADDRESS = Rule(
    "DS184-bind-one-address",
    "RKE2 and its API server must listen on all addresses.",
    Severity.ERROR,
    "Over the other family nobody reaches the supervisor or the API server, and over loopback the node itself may not.",
    "rancher/rke2 pkg/cli/cmds/server.go (bind-address); Go net.Listen: 0.0.0.0 and :: are both families, one address "
    "is one",
)
ADDRESS_FORM = Rule(
    "DS185-server-address-form",
    "An address in server.yaml must be one bare address, without brackets and in no list.",
    Severity.ERROR,
    "RKE2 takes the last one of a list, and stops at brackets.",
    "k3s pkg/cli/cmds/server.go (bind-address and advertise-address are one text); Go netip.ParseAddr",
    firm=True,
)

RULES = (PROFILE, CLOUD_CONTROLLER, ONE_ADDRESS, ADDRESS_FORM)

_PACKAGED_PROVIDERS = ("harvester", "rancher-vsphere")
"""Cloud providers whose charts RKE2 deploys itself (docs.rke2.io, cloud providers)."""
_BIND = re.compile(r"-{0,2}bind-address=(.*)", re.DOTALL)


def check_profile(subject: Subject) -> Findings:
    """Judge the hardening profile; what it needs on the node is in the image."""
    site = subject.site
    for item in own_values(site, "profile"):
        if item.value not in (*PROFILES, ""):
            yield PROFILE.at(item.path, f"{shown(item.value)} is no profile of RKE2", write("cis"))
        for other in own_values(site, "protect-kernel-defaults") if item.value == "cis" else ():
            if str(other.value).lower() in ("false", "f", "0"):
                message = "protect-kernel-defaults is off beside the profile cis"
                yield PROFILE.at(other.path, message, remove())


def check_cloud_controller(subject: Subject) -> Findings:
    """Tell where RKE2's cloud controller is off, by its own switch or by the name of another, and none is brought."""
    site = subject.site
    off = list(own_values(site, "disable-cloud-controller")) if switched_on(site, "disable-cloud-controller") else []
    named = [word for word in own_words(site, "cloud-provider-name") if word.value not in ("", "rke2")]
    brought = bool(site.charts.extra or site.manifests or site.image.files)
    if not (off or named) or any(word.value in _PACKAGED_PROVIDERS for word in named) or (named and brought):
        return
    places = [*(item.path for item in off), *(word.path for word in named)]
    message = "the cloud controller is off, and cloud-provider-name names no other"
    if named:
        message = f"{named[0].value} in cloud-provider-name switches RKE2's cloud controller off, and nothing brings it"
    more = [Remove(path) for path in dict.fromkeys(places[1:])]
    finding = CLOUD_CONTROLLER.at(places[0], message, Fix((Remove(), *more)))
    # A chart or a manifest may bring one.
    yield softened(finding) if brought else finding


def one_address(item: At[str], what: str) -> Findings:
    """Tell where something listens on one address alone."""
    text = item.value.strip().strip("'\"")
    ip = as_ip(text.removeprefix("[").removesuffix("]"))
    if ip is not None and not ip.is_unspecified:
        yield ONE_ADDRESS.at(item.path, f"{what} listens on {ip} alone", remove())


def check_bind(subject: Subject) -> Findings:
    """Judge where RKE2's supervisor and the API server listen."""
    for item in own_values(subject.site, "bind-address"):
        # What is wrong with a list is told as a list.
        if isinstance(item.value, str) and not isinstance(item.path[-1], int):
            yield from one_address(At(item.path, item.value), "RKE2")
    for item in own_values(subject.site, "kube-apiserver-arg"):
        match = _BIND.fullmatch(item.value.strip()) if isinstance(item.value, str) else None
        if match:
            yield from one_address(At(item.path, match[1]), "the API server")


def check_form(subject: Subject) -> Findings:
    """Judge the form of addresses that no rule reads otherwise: a list for one address, and brackets."""
    site = subject.site
    for key in ("bind-address", "advertise-address"):
        value = site.cluster.server.get(key)
        if isinstance(value, list | tuple) or (isinstance(value, str) and "," in value):
            message = f"{shown(value)} is a list where one address is wanted"
            first = next((word.value for word in own_words(site, key) if as_ip(word.value) is not None), "")
            fix = remove() if key == "bind-address" or not first else write(first)
            yield ADDRESS_FORM.at(("cluster", "server", key), message, fix)
    for key in ("bind-address", "node-external-ip"):
        for item in own_words(site, key):
            bare = item.value.removeprefix("[").partition("]")[0]
            if item.value.startswith("[") and as_ip(bare) is not None:
                yield ADDRESS_FORM.at(item.path, f"{item.value} has brackets, which belong in URLs", write(bare))
            elif item.value and as_ip(item.value) is None:
                yield ADDRESS_FORM.at(item.path, f"{shown(item.value)} is no address", remove())


CHECKS = (check_profile, check_cloud_controller, check_bind, check_form)
