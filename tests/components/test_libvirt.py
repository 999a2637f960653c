"""The libvirt host: each trap's mitigation, read from what is registered."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import sites
from tests.components.support import DOMAIN, NETWORK, VOLUME, libvirt_site, rfc2136_site, run
from tests.several import node, several

SEVERAL = {
    "host": {"kind": "libvirt", "libvirt": {"image": "images/site.raw"}},
    "image": {"type": "raw", "diskSize": "60G"},
    "cluster": {"bootstrap": "mgmt-2"},
}
PREVIEW = pytest.mark.parametrize("preview", [True, False])


def several_site() -> dict[str, Any]:
    """Three servers, of which the second one begins, and an agent."""
    nodes = [node(1), node(2), node(3), node(4, role="agent")]
    site = several(nodes=nodes, **SEVERAL)
    # The bridge of a virtual network is its gateway.
    sites.put(site, "fd00:100::1", "nodeDefaults", "interfaces", 0, "ipv6", "gateway")
    return sites.resolved(site).site


def dhcp_site() -> dict[str, Any]:
    site = libvirt_site(network={"ipv4": "192.168.100.0/24", "ipv6": "fd00:100::/64"})
    site["nodes"][0]["interfaces"][0] |= {
        "ipv4": {"dhcp": True, "reservation": "192.168.100.10"},
        "ipv6": {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"},
    }
    return site


@PREVIEW
def test_whatever_keeps_its_name_is_deleted_before_it_is_replaced(preview: bool) -> None:
    recording = run(libvirt_site(), preview=preview)
    image, disk = recording.of_type(VOLUME)

    for resource in (recording.one(NETWORK), recording.one(DOMAIN), disk):
        assert resource.options["deleteBeforeReplace"] is True
    assert image.options["deleteBeforeReplace"] is False


def test_another_image_has_another_name() -> None:
    """So that it can be made while the VM still runs from the one before it."""
    names = [
        run(libvirt_site(image=image)).of_type(VOLUME)[0].inputs["name"]
        for image in ("images/a.raw", "images/b.raw", "images/a.raw")
    ]

    assert names[0] == names[2] != names[1]
    assert all(name.startswith("test-mgmt-1-image-") for name in names)


def test_changes_that_libvirt_would_ignore_replace() -> None:
    recording = run(libvirt_site())

    assert recording.one(NETWORK).options["replaceOnChanges"] == ["dhcp", "mtu", "dnsmasqOptions", "dns.localOnly"]
    assert recording.one(DOMAIN).options["replaceOnChanges"] == [
        "networkInterfaces[0].networkId",
        "networkInterfaces[0].bridge",
        "networkInterfaces[0].mac",
    ]


@PREVIEW
def test_the_network_is_canonical_and_leaves_no_switch_to_a_default(preview: bool) -> None:
    site = libvirt_site(network={"ipv6": "FD00:0100:0::/64", "mtu": 9000, "domain": "lab.example"})
    inputs = run(site, preview=preview).one(NETWORK).inputs

    assert inputs["addresses"] == ["192.168.100.0/24", "fd00:100::/64"]
    assert inputs["autostart"] is True
    assert inputs["dhcp"] == {"enabled": False}
    assert (inputs["mode"], inputs["mtu"], inputs["domain"]) == ("nat", 9000, "lab.example")
    assert inputs["dns"] == {
        "enabled": True,
        "localOnly": False,
        "hosts": [
            {"hostname": "mgmt-1", "ip": "192.168.100.10"},
            {"hostname": "mgmt-1", "ip": "fd00:100::10"},
        ],
    }


def test_nat_mode_translates_ipv6_too() -> None:
    assert '<nat ipv6="yes">' in run(libvirt_site()).one(NETWORK).inputs["xml"]["xslt"]


def test_routed_mode_with_static_addresses_needs_no_xslt() -> None:
    assert "xml" not in run(libvirt_site(network={"mode": "route"})).one(NETWORK).inputs


@PREVIEW
def test_a_vm_on_a_bridge_that_is_there_has_no_network_of_libvirts(preview: bool) -> None:
    recording = run(libvirt_site(network={"mode": "bridge", "bridge": "br0"}), preview=preview)

    assert not recording.of_type(NETWORK)
    assert recording.one(DOMAIN).inputs["networkInterfaces"] == [{"bridge": "br0", "mac": "34:8a:b1:4b:16:e7"}]


def test_backend_libvirt_answers_for_its_domain_alone() -> None:
    site = libvirt_site("hostname")
    site["dns"]["backend"] = "libvirt"
    recording = run(site)
    dns = recording.one(NETWORK).inputs["dns"]

    assert dns["localOnly"] is True
    assert {"hostname": sites.FQDN, "ip": "192.168.100.10"} in dns["hosts"]
    assert {"hostname": sites.FQDN, "ip": "fd00:100::10"} in dns["hosts"]
    assert recording.one(NETWORK).inputs["domain"] == "paris.example.com"
    assert not recording.of_type("dualstack:dns:RecordSet")


def test_dhcp_is_on_where_the_node_wants_it_with_its_reservations() -> None:
    inputs = run(dhcp_site()).one(NETWORK).inputs
    xslt = inputs["xml"]["xslt"]

    assert inputs["dhcp"] == {"enabled": True}
    assert '<host mac="34:8a:b1:4b:16:e7" name="mgmt-1" ip="192.168.100.10"/>' in xslt
    assert '<host name="mgmt-1" ip="fd00:100::10"/>' in xslt


@pytest.mark.judges
@pytest.mark.skipif(shutil.which("xsltproc") is None, reason="xsltproc is not on PATH")
def test_xsltproc_makes_of_the_providers_xml_what_libvirt_needs(tmp_path: Path) -> None:
    (tmp_path / "network.xslt").write_text(run(dhcp_site()).one(NETWORK).inputs["xml"]["xslt"])
    # As terraform-provider-libvirt 0.8.1 writes it.
    (tmp_path / "network.xml").write_text(
        """<network><name>n</name><forward mode="nat"></forward>
        <ip address="192.168.100.1" family="ipv4" prefix="24">
          <dhcp><range start="192.168.100.2" end="192.168.100.254"></range></dhcp></ip>
        <ip address="fd00:100::1" family="ipv6" prefix="64">
          <dhcp><range start="fd00:100::2" end="fd00:100::fffe"></range></dhcp></ip></network>"""
    )
    command = ["xsltproc", "network.xslt", "network.xml"]
    text = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    made = [
        (item.tag, item.attrib) for item in ElementTree.fromstring(text).iter() if item.tag in ("nat", "range", "host")
    ]
    assert made == [
        ("nat", {"ipv6": "yes"}),
        ("range", {"start": "192.168.100.2", "end": "192.168.100.254"}),
        ("host", {"mac": "34:8a:b1:4b:16:e7", "name": "mgmt-1", "ip": "192.168.100.10"}),
        ("range", {"start": "fd00:100::2", "end": "fd00:100::fffe"}),
        ("host", {"name": "mgmt-1", "ip": "fd00:100::10"}),
    ]


@PREVIEW
def test_the_machine_has_a_pinned_mac_and_waits_for_no_lease(preview: bool) -> None:
    recording = run(libvirt_site(memory=16384, vcpus=4, firmware="/usr/share/ovmf.fd"), preview=preview)
    inputs = recording.one(DOMAIN).inputs

    (interface,) = inputs["networkInterfaces"]
    assert set(interface) == {"mac", "networkId"}
    assert interface["mac"] == "34:8a:b1:4b:16:e7"
    assert (inputs["memory"], inputs["vcpu"], inputs["firmware"]) == (16384, 4, "/usr/share/ovmf.fd")
    assert (inputs["running"], inputs["autostart"]) == (True, True)
    assert inputs["cpu"] == {"mode": "host-model"}
    assert recording.one(NETWORK).urn in recording.one(DOMAIN).property_dependencies["networkInterfaces"]


@PREVIEW
def test_the_disk_has_its_size_on_top_of_the_image(preview: bool) -> None:
    recording = run(libvirt_site(diskSize=80, pool="fast"), preview=preview)
    image, disk = recording.of_type(VOLUME)

    assert {**image.inputs, "name": ""} == {"name": "", "pool": "fast", "source": "images/site.raw"}
    assert (disk.inputs["name"], disk.inputs["size"]) == ("test-mgmt-1-disk", 80 * 2**30)
    assert "source" not in disk.inputs
    assert disk.property_dependencies["baseVolumeId"] == (image.urn,)
    assert recording.one(DOMAIN).property_dependencies["disks"] == (disk.urn,)


def test_names_on_the_hypervisor_hold_the_sites_name() -> None:
    names = {run(libvirt_site(), stack=stack).one(DOMAIN).inputs["name"] for stack in ("paris", "lyon")}

    assert names == {"paris-mgmt-1", "lyon-mgmt-1"}


def test_production_protects_and_keeps_the_disk() -> None:
    site = libvirt_site()
    assert not any(resource.options["protect"] for resource in run(site).resources)
    site["host"]["production"] = True

    recording = run(site)

    protected = {resource.type for resource in recording.resources if resource.options["protect"]}
    kept = {resource.type for resource in recording.resources if resource.options["retainOnDelete"]}
    assert (protected, kept) == ({NETWORK, DOMAIN, VOLUME}, {VOLUME})


@pytest.mark.parametrize(
    ("given", "config", "uri"),
    [
        ({}, {}, "qemu:///system"),
        ({}, {"libvirt:uri": "qemu+ssh://lab/system"}, "qemu+ssh://lab/system"),
        ({"uri": "qemu+ssh://paris/system"}, {"libvirt:uri": "x"}, "qemu+ssh://paris/system"),
    ],
)
def test_the_uri_is_the_sites_then_the_stacks(given: dict[str, Any], config: dict[str, str], uri: str) -> None:
    provider = run(libvirt_site(**given), config=config).one("pulumi:providers:libvirt")

    assert provider.inputs["uri"] == uri


@PREVIEW
@pytest.mark.parametrize("site", [sites.mapping(), rfc2136_site()], ids=["address", "rfc2136"])
def test_a_machine_that_is_there_makes_nothing_of_libvirt(site: dict[str, Any], preview: bool) -> None:
    recording = run(site, preview=preview)

    assert not [resource for resource in recording.resources if "libvirt" in resource.type]


@PREVIEW
def test_readiness_is_awaited_over_both_families(preview: bool) -> None:
    for site in (sites.mapping(), libvirt_site()):
        recording = run(site, preview=preview)
        ready = recording.one("dualstack:host:Ready")
        machines = recording.of_type(DOMAIN)

        assert (ready.inputs["ipv4"], ready.inputs["ipv6"]) == ("192.168.100.10", "fd00:100::10")
        assert ready.inputs["readiness"] == "direct"
        assert ready.options["deletedWith"] == (machines[0].urn if machines else None)
        assert ("host" in ready.inputs) is bool(machines)


@PREVIEW
def test_of_several_nodes_each_server_is_waited_for_with_its_own_machine(preview: bool) -> None:
    """Another VM of one server is waited for anew, the others are not; an agent has nothing that answers."""
    recording = run(several_site(), preview=preview)
    machines = {resource.inputs["name"]: resource.urn for resource in recording.of_type(DOMAIN)}
    waits = {resource.name: resource for resource in recording.of_type("dualstack:host:Ready")}

    assert set(machines) == {f"test-mgmt-{number}" for number in (1, 2, 3, 4)}
    assert set(waits) == {"management-host-ready", *(f"management-host-mgmt-{number}-ready" for number in (1, 2, 3))}
    for name, ready in waits.items():
        own = machines[f"test-{'mgmt-2' if name == 'management-host-ready' else name[16:22]}"]
        assert ready.property_dependencies["host"] == (own,)
        assert ready.options["deletedWith"] == own


def test_readiness_can_be_off() -> None:
    site = sites.mapping(host={"readiness": "off"})

    assert run(site).one("dualstack:host:Ready").inputs["readiness"] == "off"
