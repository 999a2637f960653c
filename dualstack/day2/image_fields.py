"""The image: what its definition brings to a node, and how a running node gets the same.

Sources: EIB 1.3 ``pkg/combustion/templates``: ``11-time-setup.sh.tpl`` (``/etc/chrony.d/eib-sources.conf``),
``08-proxy-setup.sh.tpl`` (``/etc/sysconfig/proxy``), ``13b-add-users.sh.tpl``, ``10-rpm-install.sh.tpl``; SUSE's
``product/atip-features.adoc`` (``transactional-update grub.cfg``, ``pkg install``); docs.rke2.io ``advanced.md``
(proxy), ``add-ons/import-images.md``. Read, not run: SUSE Linux Micro is not in the lab.
"""

from __future__ import annotations

from typing import Final

from dualstack.day2.cluster_fields import RESTART, config
from dualstack.day2.model import ANEW, CLUSTER, FOLLOW_ANEW, VIRTUAL, Entry, by_hand, entry, nothing, rebuild, rolling

_NODE: Final = "each node while it restarts; with one node the management cluster"
_LATER: Final = nothing("only installs read it; what runs has been installed", imaged=True)
_BUILD: Final = nothing("only the build of an image reads it", imaged=True)
_CHRONY: Final = by_hand(
    "on each node `/etc/chrony.d/eib-sources.conf` (`server NAME iburst`, `pool NAME iburst`), then "
    "`systemctl restart chronyd`; the image brings it to later installs only"
)
_PROXY: Final = by_hand(
    f"on each node `/etc/sysconfig/proxy` and `/etc/default/rke2-server`, then {RESTART}; in Rancher's chart "
    f"`proxy` and "
    "`noProxy`, as `charts.rancher.values`",
    away="the API server for a minute; images that are pulled while the proxy is wrong",
)
_PACKAGES: Final = rolling("on each node `transactional-update pkg install ...`, then `reboot`", _NODE)
_ROOT: Final = "; `/root` for root"


ENTRIES: Final[tuple[Entry, ...]] = (
    entry("image.type", _LATER),
    entry("image.arch", rebuild(f"another machine; {ANEW} on it", CLUSTER, downstream=FOLLOW_ANEW)),
    entry(
        "image.baseImage",
        rolling(
            "the operating system of a running node comes by an `UpgradePlan` (as `release`), or "
            "`transactional-update dup` and `reboot`",
            _NODE,
        ),
    ),
    entry("image.outputName", _LATER),
    entry("image.installDevice", _LATER),
    entry("image.diskSize", _LATER),
    entry(
        "image.kernelArgs",
        rolling(
            "on each node `GRUB_CMDLINE_LINUX` in `/etc/default/grub`, `transactional-update grub.cfg`, then `reboot`",
            _NODE,
        ),
    ),
    entry("image.users[].username", by_hand("on each node `useradd -m`, or `userdel`")),
    entry("image.users[].encryptedPassword", by_hand("on each node `chpasswd -e`")),
    entry(
        "image.users[].sshKeys",
        by_hand(
            f"on each node `.ssh/authorized_keys` in the user's home{_ROOT}", downstream="who logs in with the old key"
        ),
    ),
    entry("image.users[].primaryGroup", by_hand("on each node `usermod -g`")),
    entry("image.users[].secondaryGroups", by_hand("on each node `usermod -G`")),
    entry("image.packages.names", _PACKAGES),
    *(
        entry(f"image.packages.{key}", _BUILD)
        for key in ("repositories[].url", "repositories[].unsigned", "repositories[].priority", "noGpgCheck")
    ),
    entry("image.packages.sccRegistrationCodeKey", by_hand("on each node `SUSEConnect --regcode ...`")),
    entry(
        "image.time.timezone",
        by_hand("on each node `timedatectl set-timezone ...`; the image brings it to later installs only"),
    ),
    entry("image.time.ntpServers", _CHRONY),
    entry("image.time.ntpPools", _CHRONY),
    entry("image.time.forceWait", by_hand("on each node `systemctl enable chrony-wait` (or `disable`)")),
    *(entry(f"image.proxy.{key}", _PROXY) for key in ("http", "https", "httpKey", "httpsKey", "noProxy")),
    *(entry(f"image.registries[].{key}", _BUILD) for key in ("uri", "username", "passwordKey")),
    entry(
        "image.images",
        by_hand(
            "on each node a file with the names in `/var/lib/rancher/rke2/agent/images`, or their archive where "
            "there is no network; RKE2 reads it at its next start"
        ),
    ),
    entry("image.selinux", config("`selinux`")),
    entry(
        "image.files",
        by_hand(
            "on each node the files that changed, below `os-files` at the same place; scripts run at installs only"
        ),
    ),
    entry(
        "image.build",
        (
            VIRTUAL,
            rebuild(
                "`up` gives the VM a disk of the other image (where the site names its image it stays as it is)",
                CLUSTER,
                downstream=FOLLOW_ANEW,
                up=True,
            ),
        ),
        nothing("only says who builds"),
    ),
)
