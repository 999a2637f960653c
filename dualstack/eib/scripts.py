"""Scripts and system files that the guide's stack needs at its first boot, made from templates.

EIB keeps the prefixes 00 to 49 of ``custom/scripts`` for itself (docs/building-images.md) and runs ours after its own,
all before the first boot proper. ``custom/files`` lie beside the scripts then, and are gone afterwards.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dualstack.address.family import LABEL, Family
from dualstack.document.yamlio import dump
from dualstack.eib.helm import image_charts
from dualstack.eib.proxy import RKE2_ENVIRONMENT, proxy_texts
from dualstack.eib.tree import EXECUTABLE, PRIVATE, READABLE, Builder
from dualstack.plan.model import Ironic, Plan
from dualstack.plan.server import CALICOS, PROFILES, cni_plugins, needs_node_ip, node_ip

if TYPE_CHECKING:
    from jinja2 import Environment

UNIT: Final = "dualstack-first-boot.service"
SCRIPT: Final = "dualstack-first-boot.sh"
_PLAIN: Final = re.compile(r"[\w.:/,\[\]@%+~*-]+", re.ASCII)
_LONGEST_PORT: Final = 5
CNI_CONF: Final = "os-files/etc/NetworkManager/conf.d/rke2-canal.conf"
CNI_INTERFACES: Final = (
    "flannel*", "cali*", "tunl*", "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali",
)  # fmt: skip
"""Interfaces that NetworkManager must leave alone; these and the file's name are RKE2's known issues' (rke2 #786)."""
REGISTER: Final = "custom/scripts/70-dualstack-register.sh"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - shell and systemd, not HTML; every value goes through `sh`
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sh"] = shlex.quote
    environment.filters["env"] = _env
    return environment


def _env(value: str) -> str:
    """Quote a value for systemd's EnvironmentFile, where it needs that (systemd.exec(5))."""
    return value if _PLAIN.fullmatch(value) else '"' + re.sub(r'(["\\`$])', r"\\\1", value) + '"'


def fill(template: str, **values: Any) -> str:
    """Fill a template; what it asks for and does not get is an error."""
    return _environment().get_template(template).render(values)


def add_scripts(plan: Plan, builder: Builder) -> None:
    """Add the scripts, the unit and the system files to a tree."""
    builder.add("os-files/etc/profile.d/dualstack.sh", fill("profile.sh.j2"))
    if plan.release.tmpfs_cni:
        builder.add("custom/scripts/50-dualstack-tmpfs-cni.sh", fill("tmpfs-cni.sh.j2"), EXECUTABLE)
    _add_cni(plan, builder)
    _add_profile(plan, builder)
    _add_proxy(plan, builder)
    _add_node_config(plan, builder)
    _add_first_boot(plan, builder)
    _add_registration(plan, builder)


def _add_cni(plan: Plan, builder: Builder) -> None:
    """Keep NetworkManager off the interfaces of a CNI that needs that; Cilium does not."""
    if CALICOS.intersection(cni_plugins(plan.server.get("cni"))):
        builder.add(CNI_CONF, fill("rke2-canal.conf.j2", names=CNI_INTERFACES), replaceable=True)


def _add_profile(plan: Plan, builder: Builder) -> None:
    """Prepare the node for a hardening profile of RKE2, which stops where it finds the node otherwise.

    Source: rancher/rke2 ``pkg/cli/cmds/profile_linux.go``, and its ``bundle/share/rke2/rke2-cis-sysctl.conf``.
    """
    profile = plan.server.get("profile")
    if isinstance(profile, list | tuple):
        profile = profile[-1] if profile else None  # the last of a list is what RKE2 takes
    if profile in PROFILES:
        script = "custom/scripts/51-dualstack-etcd-user.sh"
        builder.add(script, fill("etcd-user.sh.j2"), EXECUTABLE, replaceable=True)
    if profile == "cis":
        # RKE2's own name for it, so that whoever follows its documentation has one file.
        builder.add("os-files/etc/sysctl.d/60-rke2-cis.conf", fill("rke2-cis.conf.j2"), replaceable=True)


def _add_proxy(plan: Plan, builder: Builder) -> None:
    """Give RKE2 the proxy: its services read neither /etc/sysconfig/proxy nor a login shell's profile."""
    follows = "RKE2 and containerd have no proxy, and fetch no image that the node does not hold"
    # One image serves all nodes; a service reads its own file alone.
    for role in ("server", "agent") if plan.agent else ("server",):
        file = RKE2_ENVIRONMENT.format(role=role)
        if urls := proxy_texts(plan, builder, file, follows):
            values = {f"{scheme.upper()}_PROXY": url for scheme, url in urls.items()}
            values["NO_PROXY"] = ",".join(plan.no_proxy)
            builder.add(file, fill("rke2.env.j2", role=role, values=values), replaceable=True)


def _add_node_config(plan: Plan, builder: Builder) -> None:
    """Add what each of several nodes has of its own: EIB makes one config.yaml for all servers, one for all agents.

    RKE2 reads ``config.yaml.d`` after ``config.yaml`` (docs.rke2.io, configuration file).
    """
    if not plan.several:
        return
    nodes = []
    for node in plan.nodes:
        given = plan.site.nodes[node.index]
        config: dict[str, Any] = {}
        if needs_node_ip(plan.site, node):
            config["node-ip"] = node_ip(node)
        if given.labels:
            config["node-label"] = [f"{key}={value}" for key, value in given.labels.items()]
        if given.taints:
            config["node-taint"] = list(given.taints)
        nodes.append({"name": node.name, "config": dump(config) if config else "{}\n"})
    builder.add("custom/scripts/52-dualstack-node.sh", fill("node-config.sh.j2", nodes=nodes), EXECUTABLE)


def _add_first_boot(plan: Plan, builder: Builder) -> None:
    """Add what waits for the charts that the image brings; nothing where it brings neither Rancher nor Metal3."""
    charts = {chart.key: chart for chart in image_charts(plan)}
    rancher = None
    if "rancher" in charts:
        url = f"https://{plan.rancher_hostname}" if plan.rancher_hostname else ""
        patch = json.dumps({"value": url})
        own_capi = plan.release.embedded_capi and "turtles" in charts
        rancher = {"namespace": charts["rancher"].namespace, "url": url, "patch": patch, "own_capi": own_capi}
    probes = list(_probes(plan, plan.ironic)) if "metal3" in charts and plan.ironic is not None else []
    if rancher is None and not probes:
        return
    bootstrap = plan.initializer.name if plan.several else None
    agents = [node.name for node in plan.nodes if node.role == "agent"]
    builder.add(
        f"custom/files/{SCRIPT}",
        fill("first-boot.sh.j2", unit=UNIT, rancher=rancher, probes=probes, bootstrap=bootstrap),
        EXECUTABLE,
    )
    builder.add(f"custom/files/{UNIT}", fill("first-boot.service.j2"), READABLE)
    install = fill("first-boot-install.sh.j2", unit=UNIT, script=SCRIPT, agents=agents)
    builder.add("custom/scripts/60-dualstack-first-boot.sh", install, EXECUTABLE)


def _probes(plan: Plan, ironic: Ironic) -> Iterator[dict[str, Any]]:
    """Yield what must answer over each family: Ironic's API and its image server on the node, and Ironic's name."""
    api, media = _parts(ironic.endpoint), _parts(ironic.external_url)
    families: tuple[tuple[Family, int], ...] = (("ipv4", 4), ("ipv6", 6))
    for family, flag in families:
        address = plan.serving.of(family)
        for what, url, path in (("Ironic", api, "/v1/"), ("the image server", media, "/")):
            yield {
                "what": f"{what} answers over {LABEL[family]}",
                "family": flag,
                "scheme": url[0],
                "host": str(address or ""),
                "port": _port(url[1]),
                "path": path,
            }
        if ironic.hostname:
            yield {
                "what": f"{ironic.hostname} answers over {LABEL[family]}",
                "family": flag,
                "scheme": api[0],
                "host": ironic.hostname,
                "port": _port(api[1]),
                "path": "/v1/",
            }


def _parts(url: str) -> tuple[str, str]:
    """Split a URL of ours into scheme and authority; the host may be anything that the user's own values hold."""
    scheme, _, rest = url.partition("://")
    return scheme, rest.partition("/")[0]


def _port(netloc: str) -> int:
    port = netloc.rpartition(":")[2]
    return int(port) if port.isascii() and port.isdecimal() and len(port) <= _LONGEST_PORT else 0


def _add_registration(plan: Plan, builder: Builder) -> None:
    key = plan.site.image.packages.scc_registration_code_key
    code = builder.secrets.get(key) if key is not None and builder.secrets is not None else None
    if code is None:
        return  # the definition has noted it
    urls = proxy_texts(plan, builder, REGISTER, "the registration does not reach SUSE through the proxy")
    proxies = {f"{scheme}_proxy": url for scheme, url in urls.items()}
    if proxies:
        proxies["no_proxy"] = ",".join(plan.no_proxy)
    builder.add(REGISTER, fill("register.sh.j2", code=code, proxies=proxies), PRIVATE)
