"""The kubeconfig read by the real pulumi-command from a real OpenSSH server, through the real engine."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.deploy.access_hints import NO_FILE, NO_LOGIN, OTHER_KEY
from tests import sites
from tests.lab.behind import HOST, behind, certificate
from tests.lab.kubeconfig import CANARY, KUBECONFIG
from tests.lab.leaks import leaks, shapes
from tests.lab.plugins import needed_plugin
from tests.lab.rke2 import Rke2Host
from tests.lab.sshd import Sshd, keygen
from tests.lab.standins.project import Deployment
from tests.lab.steps import applied

pytestmark = pytest.mark.plugins

KEYS = ("hostLogin", "jumpLogin")


class Lab(Deployment):
    """Our project; the command plugin is the real one, Kubernetes is a stand-in."""

    def __init__(self, folder: Path, host: Rke2Host) -> None:
        needed_plugin("command")
        folder.mkdir()
        super().__init__(folder, standins=("kubernetes",))
        self.host = host

    def mapping(self, **ssh: Any) -> dict[str, Any]:
        """Give a site whose host is on loopback, by a name that is in the certificate."""
        site = sites.mapping(delivery="pulumi", cluster={"tlsSan": ["localhost"]})
        site["charts"] = {name: {"enabled": name == "cert-manager"} for name in ALL_CHARTS}
        site["host"] = {
            "readiness": "off",
            "ssh": {
                "user": self.host.user,
                "port": self.host.port,
                "hostKey": self.host.host_key,
                "privateKeyKey": KEYS[0],
                **ssh,
            },
            "kubeconfig": {"source": "ssh", "server": "localhost"},
        }
        return site

    def init(self, stack: str = "lab") -> None:
        """Make the stack, with the private keys."""
        super().init(stack)
        for key in KEYS:
            self.pulumi("config", "set", "--secret", f"dualstack:{key}", "--", self.host.private_key)

    def kubeconfig(self) -> Any:
        """Give what the Kubernetes provider got, decrypted."""
        state = json.loads(self.pulumi("stack", "export", "--show-secrets").stdout)
        for resource in state["deployment"]["resources"]:
            if resource["type"] == "pulumi:providers:kubernetes":
                given = resource["inputs"]["kubeconfig"]
                assert isinstance(given, dict), "the kubeconfig is no secret in state"
                return yaml.safe_load(json.loads(given["plaintext"]))
        return None


def kept(lab: Lab) -> list[Path]:
    """Give every file of state, backups and history."""
    return [file for file in (lab.folder / ".dualstack/state").rglob("*") if file.is_file()]


ALL_CHARTS = ("cert-manager", "metal3", "rancher", "storage", "neuvector", "turtles")
COMMAND = "management-access-kubeconfig"


@pytest.mark.parametrize("sudo", [False, True])
def test_it_is_read_readdressed_and_a_secret_everywhere(tmp_path: Path, sudo: bool) -> None:
    with Rke2Host(tmp_path / "host", sudo=sudo) as host:
        lab = Lab(tmp_path / "lab", host)
        lab.site(lab.mapping())
        lab.init()
        printed = [lab.pulumi("preview", "--diff"), lab.up("--diff")]
        made = lab.kubeconfig()
        assert made["clusters"][0]["cluster"]["server"] == "https://localhost:6443"
        assert made["users"] == yaml.safe_load(KUBECONFIG)["users"]
        assert len(host.commands) == 1
        assert (host.folder / "sudo").exists() == sudo

        # It stays until something says that there is another one.
        printed.append(lab.pulumi("preview", "--expect-no-changes"))
        new = base64.b64encode(f"{CANARY}: the next key".encode()).decode()
        text = yaml.safe_load(KUBECONFIG)
        text["users"][0]["user"]["client-key-data"] = new
        host.write(yaml.safe_dump(text))
        site = lab.mapping()
        site["host"]["kubeconfig"]["generation"] = 2
        lab.site(site)
        printed.append(lab.pulumi("preview", "--diff"))
        done = applied(lab, "")
        assert f"create {COMMAND}" in done.steps and f"delete {COMMAND}" in done.steps
        # The provider alone, and no release.
        assert [step for step in done.steps if "charts" in step] == ["update management-charts-kubernetes"]
        assert lab.kubeconfig()["users"][0]["user"]["client-key-data"] == new
        assert len(host.commands) == 2

        printed += [lab.pulumi("refresh", "--yes", "--skip-preview", "--diff"), lab.pulumi("stack", "export")]
        for one in printed:
            assert not [shape for shape in shapes() if shape in one.told.encode()]
            assert "PRIVATE KEY" not in one.told
        assert leaks(lab.folder / ".dualstack") == []
        assert not [file for file in kept(lab) if b"PRIVATE KEY" in file.read_bytes()]
        assert {"history", "backups"} <= {part for file in kept(lab) for part in file.parts}
        # Nobody is asked for a destroy.
    lab.pulumi("destroy", "--yes", "--skip-preview")


def test_another_host_key_is_named_and_nothing_is_read(tmp_path: Path) -> None:
    with Rke2Host(tmp_path / "host") as host:
        lab = Lab(tmp_path / "lab", host)
        lab.site(lab.mapping(hostKey=host.public("user")))
        lab.init()
        failed = lab.up(code=1)
        assert OTHER_KEY[0] in failed.told
        assert host.commands == []

        # Nor by a login that it does not take.
        keygen(tmp_path / "other")
        host.authorize(tmp_path / "other.pub")
        lab.site(lab.mapping())
        assert NO_LOGIN in lab.up(code=1).told
        assert host.commands == []


def test_a_host_whose_rke2_never_started(tmp_path: Path) -> None:
    with Rke2Host(tmp_path / "host") as host:
        host.remove()
        lab = Lab(tmp_path / "lab", host)
        lab.site(lab.mapping())
        lab.init()
        failed = lab.up(code=1)
        assert NO_FILE in failed.told

        host.write(f"not one: {CANARY}")
        failed = lab.up(code=1)
        assert "what the host has as /etc/rancher/rke2/rke2.yaml is no kubeconfig" in failed.told
        assert CANARY not in failed.told


def test_through_a_jump_host_and_again_when_the_certificate_is_new(tmp_path: Path) -> None:
    """The whole way: nobody but the bastion reaches the host, which has both families."""
    with (
        behind() as networks,
        Rke2Host(tmp_path / "host", prefix=networks.inside("host")) as host,
        Sshd(tmp_path / "bastion", prefix=networks.inside("jump")) as bastion,
    ):
        lab = Lab(tmp_path / "lab", host)
        site = lab.mapping()
        site["host"]["kubeconfig"] |= {"server": "ipv6", "proxyUrl": "socks5://127.0.0.1:1080"}
        site["host"]["readiness"] = "ssh-jump"
        site["host"]["jump"] = {
            "host": networks.bastion,
            "port": bastion.port,
            "user": bastion.user,
            "hostKey": bastion.public("user"),
            "privateKeyKey": KEYS[1],
        }
        lab.site(site)
        lab.init()
        lab.pulumi("config", "set", "--secret", f"dualstack:{KEYS[1]}", "--", bastion.private_key)
        assert "has another SSH key than host.jump.hostKey" in lab.up(code=1).told
        assert "Accepted publickey" not in bastion.log() and host.commands == []

        site["host"]["jump"]["hostKey"] = bastion.host_key
        lab.site(site)
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        with networks.listening(*HOST.values(), certificate=certificate(tmp_path / "one")):
            done = applied(lab, "")
            assert f"create {COMMAND}" in done.steps
            cluster = lab.kubeconfig()["clusters"][0]["cluster"]
            assert (cluster["server"], cluster["proxy-url"]) == (
                "https://[fd00:100::10]:6443",
                "socks5://127.0.0.1:1080",
            )
            lab.pulumi("preview", "--refresh", "--expect-no-changes")
        with networks.listening(*HOST.values(), certificate=certificate(tmp_path / "two")):
            lab.pulumi("refresh", "--yes", "--skip-preview")
            done = applied(lab, "")
        assert f"create {COMMAND}" in done.steps and not [step for step in done.steps if "charts" in step]
        assert len(host.commands) == 2
        assert leaks(lab.folder / ".dualstack") == []
        assert not [file for file in kept(lab) if b"PRIVATE KEY" in file.read_bytes()]
