"""What runs in the namespaces of ``tests.lab.ironic``: a node with Ironic, and BMCs that know one family each.

``python -m tests.lab.ironic_inside FOLDER``: takes ``request.json`` there and leaves ``answer.json``. The node's
addresses are on its loopback; each BMC is in a network namespace one link further, without the other family.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.lab.agent import Ramdisk
from tests.lab.kube import Kube
from tests.lab.operator import HOSTS, Operator

API: Final = "https://127.0.0.1:6385"
TIMEOUT: Final = 240.0
SYSTEM: Final = "00000000-0000-0000-0000-0000000000"
"""A system's UUID but for its last two digits."""
PROGRAMS: Final = {
    "ironic-dbsync": "ironic.command.dbsync",
    "ironic": "ironic.command.singleprocess",
    "sushy-emulator": "sushy_tools.emulator.main",
}
CONFIG: Final = """
[DEFAULT]
auth_strategy = noauth
rpc_transport = none
host = lab
tempdir = {folder}/tmp
enabled_hardware_types = redfish
enabled_boot_interfaces = redfish-virtual-media
enabled_bios_interfaces = no-bios,redfish
default_bios_interface = no-bios
enabled_console_interfaces = no-console
enabled_deploy_interfaces = direct
enabled_firmware_interfaces = no-firmware,redfish
default_firmware_interface = no-firmware
enabled_inspect_interfaces = agent
default_inspect_interface = agent
enabled_management_interfaces = redfish
enabled_network_interfaces = noop
enabled_power_interfaces = redfish
enabled_raid_interfaces = no-raid,redfish
default_raid_interface = no-raid
enabled_rescue_interfaces = no-rescue
enabled_storage_interfaces = noop
enabled_vendor_interfaces = no-vendor
[api]
host_ip = ::
port = 6385
enable_ssl_api = true
use_ssl = true
cert_file = {certificate}
key_file = {key}
[conductor]
automated_clean = false
bootloader = file://{folder}/images/esp.img
deploy_kernel = file://{folder}/images/kernel
deploy_ramdisk = file://{folder}/images/ramdisk
file_url_allowed_paths = {folder}/images
[database]
connection = sqlite:///{folder}/ironic.sqlite
[deploy]
fast_track = true
http_root = {folder}/http
http_url = {external_url}
external_http_url = {external_url}
{callback}
[inspector]
require_managed_boot = False
[redfish]
kernel_append_params = nofb nomodeset vga=normal ipa-insecure=1
[oslo_concurrency]
lock_path = {folder}/tmp
[service_catalog]
endpoint_override = {base_url}
"""
SERVE: Final = """
import functools, http.server, socket
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory={directory!r})
Server(("::", {port}), handler).serve_forever()
"""


# The lab's own certificate, asked from where its names mean nothing.
OPENER: Final = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
)


def run(*words: str) -> None:
    """Run a program; what it says comes with the failure."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")


def call(path: str, body: Any = None, method: str = "GET", base: str = API) -> Any:
    """Ask an API; give its answer."""
    request = urllib.request.Request(
        base + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json", "X-OpenStack-Ironic-API-Version": "1.90"},
    )
    try:
        with OPENER.open(request, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None
    return json.loads(text) if text else None


def until(ready: Callable[[], Any], what: str) -> Any:
    """Wait for a true answer."""
    ended = time.monotonic() + TIMEOUT
    while time.monotonic() < ended:
        with contextlib.suppress(OSError):
            if found := ready():
                return found
        time.sleep(0.3)
    raise RuntimeError(f"{what}: not after {TIMEOUT:.0f} s")


class Inside:
    """The node and its BMCs."""

    def __init__(self, folder: Path) -> None:
        """Read what is wanted."""
        self.folder = folder
        self.wanted: dict[str, Any] = json.loads((folder / "request.json").read_text())
        self.names = {machine["name"]: machine["name"] for machine in self.wanted["machines"]}
        """What Ironic calls the machines."""

    def network(self) -> None:
        """Make addresses, links and names."""
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "lab", "/run")
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n" + self.wanted["hosts"])
        run("mount", "--bind", str(self.folder / "hosts"), "/etc/hosts")
        run("ip", "link", "set", "lo", "up")
        for address in self.wanted["addresses"]:
            run("ip", "addr", "add", address, "dev", "lo")
        for number, machine in enumerate(self.wanted["machines"], 1):
            space, link, six = f"bmc{number}", f"link{number}", ":" in machine["host"]
            nodad, length, route = (["nodad"], 64, ["-6"]) if six else ([], 24, [])
            router = machine["host"].rpartition(":" if six else ".")[0] + (":ffff" if six else ".1")
            run("ip", "netns", "add", space)
            run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "addr", "add", f"{router}/{length}", "dev", link, *nodad)
            run("ip", "link", "set", link, "up")
            inner = ("ip", "-n", space)
            run(*inner, "link", "set", "lo", "up")
            run(*inner, "addr", "add", f"{machine['host']}/{length}", "dev", "eth0", *nodad)
            run(*inner, "link", "set", "eth0", "up")
            run(*inner, *route, "route", "add", "default", "via", router)

    def start(self, program: str, *arguments: str, space: str = "", code: str = "") -> None:
        """Start a server; its log is ``NAME.log``."""
        name = space or program
        lines = code or f"import sys; from {PROGRAMS[program]} import main; sys.exit(main())"
        enter = ["ip", "netns", "exec", space] if space else []
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [*enter, self.wanted["python"], "-c", lines, *arguments]
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def servers(self) -> None:
        """Start Ironic, what serves its media, and the BMCs."""
        for name in ("tmp", "http", "images"):
            (self.folder / name).mkdir()
        for name, size in (("kernel", 1 << 16), ("ramdisk", 1 << 17)):
            (self.folder / "images" / name).write_bytes(os.urandom(size))
        run(self.wanted["mkfs"], "-C", str(self.folder / "images/esp.img"), "2048")
        callback = f"external_callback_url = {self.wanted['callback']}" if self.wanted["callback"] else ""
        config = CONFIG.format(folder=self.folder, callback=callback, **self.wanted["urls"], **self.wanted["tls"])
        file = self.folder / "ironic.conf"
        file.write_text(config)
        lines = f"import sys; from {PROGRAMS['ironic-dbsync']} import main; sys.exit(main())"
        run(self.wanted["python"], "-c", lines, "--config-file", str(file), "create_schema")
        self.start("ironic", "--config-file", str(file))
        self.start("media", code=SERVE.format(directory=str(self.folder / "http"), port=6180))
        for number, machine in enumerate(self.wanted["machines"], 1):
            state = self.folder / f"state{number}"
            state.mkdir()
            nic = {"mac": f"52:54:00:00:00:{number:02x}", "ip": "192.0.2.1"}
            system = {"uuid": f"{SYSTEM}{number:02x}", "name": machine["name"], "power_state": "Off", "nics": [nic]}
            settings = {
                "LISTEN_IP": machine["host"],
                "LISTEN_PORT": 8000,
                "FAKE_DRIVER": True,
                "STATE_DIR": str(state),
                "FAKE_SYSTEMS": [system],
            }
            place = self.folder / f"bmc{number}.conf"
            place.write_text("".join(f"SUSHY_EMULATOR_{key} = {value!r}\n" for key, value in settings.items()))
            self.start("sushy-emulator", "--config", str(place), space=f"bmc{number}")
        until(lambda: call("/v1"), "Ironic's API")

    def enrol(self, number: int, machine: dict[str, Any]) -> None:
        """Make a node as the Baremetal Operator does, up to where it may be inspected."""
        base = _base(machine)
        until(lambda: call("/redfish/v1/", base=base), f"the BMC of {machine['name']}")
        info = {"redfish_address": base, "redfish_system_id": f"/redfish/v1/Systems/{SYSTEM}{number:02x}"}
        if machine["external_http_url"]:
            info["external_http_url"] = machine["external_http_url"]
        node = {"name": machine["name"], "driver": "redfish", "driver_info": info}
        uuid = call("/v1/nodes", node, "POST")["uuid"]
        call("/v1/ports", {"node_uuid": uuid, "address": f"52:54:00:00:00:{number:02x}"}, "POST")
        self.provision(machine["name"], "manage")

    def provision(self, name: str, target: str) -> None:
        """Ask for another state."""
        call(f"/v1/nodes/{name}/states/provision", {"target": target}, "PUT")

    def register(self) -> None:
        """Have the Baremetal Operator make all nodes, of BareMetalHosts; it takes them as far as it can by itself."""
        for place in ("kube", "operator"):
            (self.folder / place).mkdir()
        # Neither is ended here: the namespaces take all that runs in them along.
        kube = Kube(self.folder / "kube").__enter__()
        image = f"file://{self.folder}/images"
        given = {"DEPLOY_KERNEL_URL": f"{image}/kernel", "DEPLOY_RAMDISK_URL": f"{image}/ramdisk"}
        Operator(self.folder / "operator", kube, {**self.wanted["operator"], **given}).__enter__()
        login = {"metadata": {"name": "login"}, "stringData": {"username": "admin", "password": "lab"}}
        kube.call("POST", "/api/v1/namespaces/default/secrets", login)
        for number, machine in enumerate(self.wanted["machines"], 1):
            system = f"/redfish/v1/Systems/{SYSTEM}{number:02x}"
            spec = {
                "online": True,
                "bootMACAddress": f"52:54:00:00:00:{number:02x}",
                "bmc": {"address": f"{machine['address']}{system}", "credentialsName": "login"},
            }
            body = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "spec": spec}
            kube.call("POST", HOSTS, {**body, "metadata": {"name": machine["name"]}})
            self.names[machine["name"]] = f"default~{machine['name']}"
        made = set(self.names.values())
        until(lambda: made <= {node["name"] for node in call("/v1/nodes")["nodes"]}, "the operator's nodes")

    def wait(self, name: str, state: str) -> None:
        """Wait for a state, or for the word that it cannot be had."""

        def arrived() -> bool:
            node = call(f"/v1/nodes/{self.names[name]}")
            if node["last_error"]:
                raise RuntimeError(f"{name}: {node['last_error']}")
            return bool(node["provision_state"] == state)

        until(arrived, f"{name} {state}")

    def answer(self) -> dict[str, Any]:
        """Take every machine to where its ramdisk boots; give what was seen."""
        self.network()
        self.servers()
        machines = self.wanted["machines"]
        if self.wanted["operator"]:
            self.register()
        else:
            for number, machine in enumerate(machines, 1):
                self.enrol(number, machine)
            for machine in machines:
                self.wait(machine["name"], "manageable")
                self.provision(machine["name"], "inspect")
        for machine in machines:
            self.wait(machine["name"], "inspect wait")
        seen = {machine["name"]: self.seen(number, machine) for number, machine in enumerate(machines, 1)}
        self.ramdisks(seen)
        return {
            "links": {url: call("/", base=url)["default_version"]["links"][0]["href"] for url in self.wanted["ask"]},
            "machines": seen,
        }

    def ramdisks(self, seen: dict[str, dict[str, Any]]) -> None:
        """Start the ramdisks that are wanted, all at once, and add what became of each."""
        started: dict[str, Ramdisk] = {}
        try:
            for number, machine in enumerate(self.wanted["machines"], 1):
                if machine["ramdisk"]:
                    name = machine["name"]
                    started[name] = Ramdisk(self.folder, number, machine["ramdisk"])
                    words = {"mac": f"52:54:00:00:00:{number:02x}", "agent": self.wanted["agent"]}
                    started[name].start(seen[name]["words"], run=run, **words)
            for name, ramdisk in started.items():
                seen[name]["agent"] = ramdisk.outcome(functools.partial(call, f"/v1/nodes/{name}"))
        finally:
            for ramdisk in started.values():
                ramdisk.stop()

    def seen(self, number: int, machine: dict[str, Any]) -> dict[str, Any]:
        """Give the media that a BMC has, how it fetched it, and the words on the kernel line in it."""
        image = self.image(f"{SYSTEM}{number:02x}", _base(machine))
        path = image.split("/", 3)[3]
        lines = [line for line in (self.folder / "media.log").read_text().splitlines() if f"GET /{path} " in line]
        iso = self.folder / "http" / path
        command = [self.wanted["isoinfo"], "-R", "-x", "/EFI/BOOT/grub.cfg", "-i", str(iso)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        kernel = next(line for line in text.splitlines() if line.strip().startswith("linux "))
        words = dict(word.partition("=")[::2] for word in kernel.split() if "=" in word)
        node = call(f"/v1/nodes/{self.names[machine['name']]}")
        return {
            "told": node["driver_info"].get("external_http_url"),
            "image": image,
            "from": [line.split()[0].removeprefix("::ffff:") for line in lines],
            "words": words,
        }

    def image(self, system: str, base: str) -> str:
        """Give the URL of the media that is in a BMC's drive."""
        for kind in ("Systems", "Managers"):
            for owner in call(f"/redfish/v1/{kind}", base=base)["Members"]:
                with contextlib.suppress(RuntimeError):
                    for drive in call(f"{owner['@odata.id']}/VirtualMedia", base=base)["Members"]:
                        if found := call(drive["@odata.id"], base=base).get("Image"):
                            return str(found)
        raise RuntimeError(f"no media in {system}")


def _base(machine: dict[str, Any]) -> str:
    host = machine["host"]
    return f"http://[{host}]:8000" if ":" in host else f"http://{host}:8000"


def main() -> None:
    """Run, and leave the answer or why there is none."""
    folder = Path(sys.argv[1])
    try:
        answer = Inside(folder).answer()
    except Exception as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    (folder / "answer.json").write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
