"""Rules about the way to the host and its cluster: SSH, the jump host, the kubeconfig."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator

from dualstack.address.family import LABEL
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.blame import state_address
from dualstack.rules.name.name_grammar import as_ip, name_problem
from dualstack.rules.name.zones import port_number
from dualstack.site.host import Ssh

HOST_KEY = Rule(
    "DS146-ssh-host-key",
    "The key of an SSH server must be known before anybody logs in to it.",
    Severity.ERROR,
    "Whoever stands in between could answer in the server's place, and would be handed the way to the cluster.",
    "RFC 4251 section 4.1; pulumi-command connection.go (without a key it accepts any; of RSA keys it asks for SHA-1 "
    "signatures, which OpenSSH 8.8 and later refuse)",
    firm=True,
)
SETTING = Rule(
    "DS147-access-setting",
    "Jump host, ports and proxy must be ones that can be reached.",
    Severity.ERROR,
    "The host is never reported ready, or the cluster is not found.",
    "dualstack's own; client-go accepts http, https and socks5 proxies",
    firm=True,
)
SERVER = Rule(
    "DS148-kubeconfig-server",
    "The API server must be addressed by a name or address that is in its certificate.",
    Severity.ERROR,
    "Every Helm release fails: the certificate is not valid for that name.",
    "RKE2 server option tls-san",
)
WAY = Rule(
    "DS149-cluster-behind-jump-host",
    "Where the host is behind a jump host, the Helm releases must have a way to the cluster, too.",
    Severity.WARNING,
    "The wait for the host ends well, and then the first Helm release finds no cluster.",
    "dualstack's own; pulumi-kubernetes connects by itself and knows no jump host",
)

UNREAD = Rule(
    "DS326-kubeconfig-unread",
    "A kubeconfig must be wanted by something that Pulumi does on the cluster, where it is to be read by SSH.",
    Severity.WARNING,
    "Nothing reads it, and the stack has no output kubeconfig.",
    "components/access.py: read where delivery is pulumi, or values are sent to the living cluster",
)

RULES = (HOST_KEY, SETTING, SERVER, WAY, UNREAD)

ALGORITHMS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
PROXY = re.compile(r"(?:https?|socks5)://[^\s/]+/?")
_PRINT = "write the line in the server's own /etc/ssh/ssh_host_ed25519_key.pub"


def host_key(key: At[str]) -> Findings:
    """Tell why a text is not the public key of a server."""
    algorithm, _, rest = key.value.strip().partition(" ")
    blob = rest.strip().partition(" ")[0]
    if algorithm in ("ssh-rsa", "ssh-dss"):
        message = f"a key of type {algorithm} cannot be used to recognise the server"
        yield HOST_KEY.at(key.path, message, "write the server's Ed25519 key: the line in ssh_host_ed25519_key.pub")
        return
    try:
        data = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    name = algorithm.encode()
    if algorithm not in ALGORITHMS or not data.startswith(len(name).to_bytes(4, "big") + name):
        fix = "write a line such as ssh-ed25519 AAAA..., without the host's name before it"
        yield HOST_KEY.at(key.path, "this is no public key of an SSH server", fix)


def no_host_key(path: Path, what: str) -> Findings:
    """Tell that a server's key is not known."""
    yield HOST_KEY.at(path, f"the SSH key of {what} is not known", _PRINT)


def jump_name(host: At[str]) -> Findings:
    """Tell why a text is neither an address nor a name of a server."""
    text = host.value.strip().rstrip(".").lower()
    if as_ip(text) is None and (problem := name_problem(text)):
        fix = "write its name or address alone; user and port have fields of their own"
        yield SETTING.at(host.path, problem[0], fix)


def proxy_url(proxy: At[str]) -> Findings:
    """Tell why a text is no proxy that client-go can use."""
    if not PROXY.fullmatch(proxy.value):
        yield SETTING.at(proxy.path, "this is no proxy URL", "write one such as socks5://127.0.0.1:1080")


def certificate_name(name: At[str], sans: Collection[str]) -> Findings:
    """Tell that a name is not in the API server's certificate.

    Args:
        name: the name or address.
        sans: what RKE2's tls-san has.
    """
    known = {san.rstrip(".").lower() for san in sans}
    if name.value.rstrip(".").lower() not in known:
        fix = f"add {name.value} to cluster.tlsSan (it is in the certificate from RKE2's next start on), or write ipv4"
        yield SERVER.at(name.path, f"{name.value} is not in the API server's certificate", fix)


def logins(subject: Subject) -> Iterator[tuple[Path, Ssh, str]]:
    """Give path, settings and description of every SSH server that is logged in to."""
    host = subject.site.host
    if host.readiness == "ssh-jump" and host.jump is not None:
        yield ("host", "jump"), host.jump, "the jump host"
    if host.kubeconfig.source == "ssh" and subject.plan.uses_cluster:
        yield ("host", "ssh"), host.ssh, "the host"


def check_logins(subject: Subject) -> Findings:
    """Judge the SSH servers that are used."""
    for path, login, what in logins(subject):
        if login.host_key is None:
            yield from no_host_key((*path, "hostKey"), what)
        else:
            yield from host_key(At((*path, "hostKey"), login.host_key))
    for index, node in enumerate(subject.site.nodes):
        if node.ssh_host_key is not None:
            yield from host_key(At(("nodes", index, "sshHostKey"), node.ssh_host_key))


def check_settings(subject: Subject) -> Findings:
    """Judge jump host, ports and proxy."""
    host = subject.site.host
    yield from _port(("host", "ssh", "port"), host.ssh.port)
    if host.jump is not None:
        yield from jump_name(At(("host", "jump", "host"), host.jump.host))
        yield from _port(("host", "jump", "port"), host.jump.port)
    elif host.readiness == "ssh-jump":
        fix = "add host.jump with host, user and hostKey, or set host.readiness to direct"
        yield SETTING.at(("host", "jump"), "readiness is ssh-jump, and there is no jump host", fix)
    if host.kubeconfig.proxy_url is not None:
        yield from proxy_url(At(("host", "kubeconfig", "proxyUrl"), host.kubeconfig.proxy_url))


def check_unread(subject: Subject) -> Findings:
    """Tell where a kubeconfig is to be read that nothing uses."""
    if subject.site.host.kubeconfig.source == "ssh" and not subject.plan.uses_cluster:
        message = "every chart is delivered in the image, so nothing is read from the host"
        fix = "remove it, and copy /etc/rancher/rke2/rke2.yaml from a server; or set delivery to pulumi"
        yield UNREAD.at(("host", "kubeconfig", "source"), message, fix)


def _port(path: Path, port: int) -> Findings:
    for finding in port_number(At[object](path, port), 22):
        yield SETTING.at(path, finding.message, finding.fix)


def check_server(subject: Subject) -> Findings:
    """Judge the API server's address in a kubeconfig that is read by SSH."""
    site, plan = subject.site, subject.plan
    wanted = site.host.kubeconfig
    if wanted.source != "ssh" or not plan.uses_cluster:
        return
    path: Path = ("host", "kubeconfig", "server")
    for family, label in LABEL.items():
        if wanted.server == family and plan.api.of(family) is None:
            if plan.several and family == "ipv6":
                message = "the API server's virtual address is IPv4 alone"
                yield SERVER.at(path, message, write("ipv4", ", or a name that has AAAA records of the servers"))
            else:
                yield SERVER.at(path, f"the node's {label} address is not known", state_address(site, family))
    if wanted.server not in LABEL:
        sans = plan.server.get("tls-san", ())
        names = (
            [sans] if isinstance(sans, str) else [str(san) for san in sans] if isinstance(sans, list | tuple) else []
        )
        yield from certificate_name(At(path, wanted.server), names)


def check_way(subject: Subject) -> Findings:
    """Tell where Helm releases have no way to a cluster behind a jump host."""
    host = subject.site.host
    if host.readiness == "ssh-jump" and subject.plan.uses_cluster and host.kubeconfig.proxy_url is None:
        if host.kubeconfig.source == "config":
            return  # it may say so itself
        message = "the host is behind a jump host, and the kubeconfig names no proxy"
        fix = "run ssh -D 1080 to the jump host, and set host.kubeconfig.proxyUrl to socks5://127.0.0.1:1080"
        yield WAY.at(("host", "kubeconfig", "proxyUrl"), message, fix)


CHECKS = (check_unread, check_logins, check_settings, check_server, check_way)
