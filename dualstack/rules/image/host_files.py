"""Rules about what a site puts on the node's file system and into its packages: what takes IPv6 or the CNI away.

A predicate takes the text of files; whoever calls it has read them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove
from dualstack.document.origins import Path
from dualstack.plan.model import Plan
from dualstack.plan.server import CALICOS, cni_plugins
from dualstack.rules.base import Subject
from dualstack.rules.blame import softened

OFF = Rule(
    "DS172-files-switch-ipv6-off",
    "Files of the image must leave IPv6 on.",
    Severity.ERROR,
    "The CNI's interfaces, which NetworkManager leaves alone, have no IPv6, and no pod has; RKE2 wants both families.",
    "Linux Documentation/networking/ip-sysctl.rst (disable_ipv6); sysctl.d(5); run with NetworkManager 1.42.4, which "
    "switches IPv6 on again on its own NICs only",
)
FIREWALLD = Rule(
    "DS173-firewalld",
    "firewalld must not be in an image whose CNI is Canal or Calico.",
    Severity.ERROR,
    "Its rules and the CNI's replace each other: pods lose their connections at a reload, or have none.",
    "docs.rke2.io, known issues (firewalld conflicts with default networking): read",
)
RULES = (OFF, FIREWALLD)

_FIREWALLD = re.compile(r"(firewalld|firewall-config|firewall-applet|yast2-firewall)([-_.<>=\s]+[0-9].*)?")
"""The package, and those that want it; a version may stand behind."""
_RPM = re.compile(r"rpms/firewalld-[0-9][^/]*\.rpm")
_SYSCTL = re.compile(r"os-files/(?:(?:etc|run|lib|usr/lib|usr/local/lib)/sysctl\.d/([^/]+\.conf)|etc/(sysctl\.conf))")
_MODPROBE = re.compile(r"os-files/(?:etc|run|lib|usr/lib|usr/local/lib)/modprobe\.d/[^/]+\.conf")
_SCRIPT = re.compile(r"custom/scripts/[^/]+|os-files/.+\.(?:sh|service)|network/configure-network\.sh")
_SETTING = re.compile(r"-?\s*net([./])ipv6[./]conf[./](.+)[./]disable_ipv6\s*=\s*(\d+)\s*")
_MODULE_OFF = re.compile(
    r"\s*(blacklist\s+ipv6\s*$|install\s+ipv6\s+\S*/(true|false)\b.*|options\s+ipv6\s+(.*\s)?disable(_ipv6)?=1\b.*)"
)
_IN_SCRIPT = re.compile(
    r"[^#]*(net[./]ipv6[./]conf[./](all|default|\*)[./]disable_ipv6[\"']?\s*=\s*[\"']?0*1\b"
    r"|\b1\b[\"']?\s*(>|\|\s*(sudo\s+)?tee)\s*[\"']?/proc/sys/net/ipv6/conf/(all|default|\*)/disable_ipv6)"
)
_BOOT = re.compile(r"os-files/etc/(default/grub|kernel/cmdline|cmdline\.d/[^/]+\.conf|default/grub\.d/[^/]+)")
_AT_BOOT = re.compile(
    r"[^#]*(\bipv6\.disable(_ipv6)?=0*1\b"
    r"|\b(modprobe\.|module_|initcall_)blacklist=([\w-]+,)*(ipv6|inet6_init)(?=[,\s\"']|$))"
)
_TMPFILES = re.compile(r"os-files/(?:(?:etc|run|usr/lib)/tmpfiles\.d)/[^/]+\.conf")
_WRITTEN = re.compile(r"\s*[wf]\S*\s+/proc/sys/net/ipv6/conf/(all|default|\*)/disable_ipv6\s+.*\b0*1\s*$")
_KEYFILE = re.compile(r"os-files/(?:etc|run|usr/lib)/NetworkManager/system-connections/[^/]+")
_NMCLI = re.compile(r"[^#]*\bnmcli\b.*\bipv6\.method[\"']?\s+[\"']?(disabled|ignore)\b")
_SECTION = re.compile(r"\s*\[(?P<name>[^\]]+)\]\s*$")
_METHOD = re.compile(r"\s*method\s*=\s*(disabled|ignore)\s*$")
_LINES = {
    _MODPROBE: (_MODULE_OFF,),
    _SCRIPT: (_IN_SCRIPT, _AT_BOOT),
    _BOOT: (_AT_BOOT,),
    _TMPFILES: (_WRITTEN,),
}
"""Lines that switch IPv6 off, by the files in which they do."""
_EVERYWHERE = ("all", "default", "*")
"""Names of settings that reach interfaces which come later, as a CNI's do: the kernel copies all to default, too."""


class Setting(NamedTuple):
    """One line of sysctl.d that says whether IPv6 is off."""

    interface: str
    off: bool
    place: str


def is_judged(path: str) -> bool:
    """Tell whether a file of the image says something about IPv6 or packages; by its path in the EIB directory."""
    return any(form.fullmatch(path) for form in (*_LINES, _SYSCTL, _RPM, _KEYFILE))


def host_files(files: Sequence[At[str]], path: Path, own: Collection[str], calico: bool) -> Findings:
    """Judge files of the image.

    Args:
        files: their text, at their path in the EIB directory, which is one step.
        path: the field of the site that brings them.
        own: names of the node's interfaces that have IPv6.
        calico: whether the CNI is Canal or Calico.
    """
    effective: dict[str, Setting] = {}
    for setting in _settings(files):
        effective[setting.interface] = setting
    for setting in effective.values():
        if setting.off and setting.interface in _EVERYWHERE:
            message = f"{setting.place} switches IPv6 off on every interface ({setting.interface})"
            yield OFF.at(path, message, f"remove the line in {setting.place}")
        elif setting.off and setting.interface in own:
            message = f"{setting.place} switches IPv6 off on {setting.interface}"
            told = OFF.at(
                path,
                message,
                f"remove the line in {setting.place}",
                consequence="NetworkManager switches it on again, so the line says what is not so.",
            )
            yield softened(told)
    for file in files:
        name = str(file.path[-1])
        if calico and _RPM.fullmatch(name):
            yield FIREWALLD.at(path, f"{name} installs firewalld", f"remove {name}, or set cluster.cni to cilium")
        for number in _lines_off(name, file.value, own):
            place = f"{name}:{number}"
            yield OFF.at(path, f"{place} switches IPv6 off on the node", f"remove the line in {place}")


def _lines_off(name: str, text: str, own: Collection[str]) -> Iterator[int]:
    """Give the numbers of the lines of a file that switch IPv6 off, on the node or on one of its own interfaces."""
    forms = next((lines for file, lines in _LINES.items() if file.fullmatch(name)), ())
    keyfile = bool(_KEYFILE.fullmatch(name)) and any(f"interface-name={interface}" in text for interface in own)
    script, section = bool(_SCRIPT.fullmatch(name)), ""
    for number, line in enumerate(text.splitlines(), 1):
        section = found["name"] if (found := _SECTION.match(line)) else section
        by_tool = _NMCLI.match(line) and bool(set(own).intersection(re.split(r"[\s\"']+", line)))
        if (
            (script and by_tool)
            or (keyfile and section == "ipv6" and _METHOD.match(line))
            or any(form.match(line) for form in forms)
        ):
            yield number


def _settings(files: Sequence[At[str]]) -> Iterator[Setting]:
    """Read sysctl.d as systemd does: by the files' names, /etc before the rest, the last line of a name wins."""
    chosen: dict[str, At[str]] = {}
    for file in files:
        found = _SYSCTL.fullmatch(str(file.path[-1]))
        if found is not None:
            name = found[1] or "99-sysctl.conf"
            if name not in chosen or str(file.path[-1]).startswith("os-files/etc/"):
                chosen[name] = file
    for _, file in sorted(chosen.items()):
        for number, line in enumerate(file.value.splitlines(), 1):
            if (given := _SETTING.fullmatch(line.strip())) is not None:
                # With dots as separators, a slash stands for a dot in a name: eth0/120.
                interface = given[2].replace("/", ".") if given[1] == "." else given[2]
                yield Setting(interface, int(given[3][:9]) != 0, f"{file.path[-1]}:{number}")


def firewalld(packages: Sequence[At[str]]) -> Findings:
    """Tell packages that bring firewalld, for an image whose CNI is Canal or Calico."""
    for package in packages:
        if _FIREWALLD.fullmatch(package.value.strip()):
            fix = remove(", or set cluster.cni to cilium")
            yield FIREWALLD.at(package.path, f"{package.value} brings firewalld beside the CNI", fix)


def check_packages(subject: Subject) -> Findings:
    """Judge the image's packages beside its CNI."""
    if has_calico(subject.plan):
        names = subject.site.image.packages.names
        yield from firewalld([At(("image", "packages", "names", i), name) for i, name in enumerate(names)])


def has_calico(plan: Plan) -> bool:
    """Tell whether the cluster's CNI is Canal or Calico."""
    return bool(CALICOS.intersection(cni_plugins(plan.server.get("cni"))))


CHECKS = (check_packages,)
"""``host_files`` is asked by ``dualstack.check.named_files``, as rules read no files."""
