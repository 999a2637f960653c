"""What an image is made of, where it goes, and charts beside their release."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.releases import RELEASES
from tests.rules.cases import one, tell
from tests.sites import checked, found, mapping, told

RAW = {"type": "raw"}
MOVED = "set charts.metal3.values.global.provisioningHostname to a and remove charts.metal3.values.provisioningHostname"

SIZE = (
    "set charts.metal3.values.metal3-ironic.persistence.ironic.size to 9Gi and remove "
    "charts.metal3.values.metal3-ironic.persistence.size"
)
EXTERNAL = (
    "set charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6 to fd00:100::10 and remove "
    "charts.metal3.values.baremetaloperator.externalHttpIPv6"
)
SOURCE = "set charts.rancher.values.ingress.tls.source to secret and remove charts.rancher.values.ingress.source"


def image(**keys: Any) -> dict[str, Any]:
    return mapping(image=keys)


def chart(key: str, /, release: str = "3.5", **settings: Any) -> dict[str, Any]:
    return mapping(release=release, charts={key: settings})


def test_an_iso_without_a_disk_waits_for_a_person() -> None:
    assert tell(mapping(), "DS190")[:2] == ("info", "image.installDevice")
    assert found(image(installDevice="/dev/sda"), "DS190") == []
    assert found(image(type="raw"), "DS190") == []


@pytest.mark.parametrize(
    ("device", "disk"),
    [
        ("/dev/sda1", "/dev/sda"),
        ("/dev/vdb12", "/dev/vdb"),
        ("/dev/nvme0n1p2", "/dev/nvme0n1"),
        ("/dev/mmcblk0p1", "/dev/mmcblk0"),
        ("/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part3", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1"),
    ],
)
def test_a_partition_is_no_disk(device: str, disk: str) -> None:
    assert tell(image(installDevice=device), "DS192") == ("error", "image.installDevice", f"write {disk}")
    assert told(image(installDevice=disk)) == []


@pytest.mark.parametrize("device", ["/dev/nvme10n1", "/dev/disk/by-id/ata-part-no1", "/dev/md0", "/dev/mapper/mpatha"])
def test_disks_with_numbers(device: str) -> None:
    assert told(image(installDevice=device)) == []


def test_a_file_system_is_no_disk() -> None:
    assert one(image(installDevice="/dev/disk/by-uuid/1234-ABCD"), "DS192").severity == "error"


@pytest.mark.parametrize(
    ("keys", "fix"),
    [
        ({"baseImage": "/srv/x.iso"}, "write x.iso, and put the file into base-images/ of the directory"),
        ({"baseImage": "../x.iso"}, "write x.iso, and put the file into base-images/ of the directory"),
        ({"baseImage": "base-images/x.iso"}, "write x.iso, and put the file into base-images/ of the directory"),
        (
            {"baseImage": "https://e.example.com/x.iso"},
            "write x.iso, and put the file into base-images/ of the directory",
        ),
        ({"baseImage": "SL-Micro.x86_64-6.2-Base-SelfInstall-GM.install.iso", **RAW}, "set image.type to iso, or"),
        ({"baseImage": "SL-Micro.x86_64-6.2-Base-GM.raw"}, "set image.type to raw, or"),
        ({"baseImage": "SL-Micro.aarch64-6.2-Base-GM.raw", **RAW}, "set image.arch to aarch64, or"),
        ({"baseImage": "slmicro-amd64.raw", "arch": "aarch64", **RAW}, "set image.arch to x86_64, or"),
        ({"baseImage": "slmicro.qcow2", **RAW}, "write slmicro.raw, and unpack"),
    ],
)
def test_base_images(keys: dict[str, Any], fix: str) -> None:
    severity, path, words = tell(image(**keys), "DS191")
    assert (severity, path) == ("error", "image.baseImage")
    assert words.startswith(fix)


@pytest.mark.parametrize(
    "keys",
    [
        {"baseImage": "SL-Micro.x86_64-6.2-Base-SelfInstall-GM.install.iso"},
        {"baseImage": "golden-arm64.raw", "arch": "aarch64", **RAW},
        {"baseImage": "our-base", **RAW},
        {"baseImage": "6.2/our-base.iso"},
    ],
)
def test_fitting_base_images(keys: dict[str, Any]) -> None:
    assert told(image(**keys)) == []


@pytest.mark.parametrize(
    ("size", "small"), [("8G", True), ("19000M", True), ("20G", False), ("1T", False), ("40G", False)]
)
def test_a_raw_image_has_room(size: str, small: bool) -> None:
    data = image(type="raw", diskSize=size)
    assert told(data) == (["DS193-image-small"] if small else [])
    if small:
        assert tell(data, "DS193") == ("warning", "image.diskSize", "write 40G")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (mapping(rancher={"systemDefaultRegistry": "https://r.example.com"}), "rancher.systemDefaultRegistry"),
        (
            mapping(cluster={"server": {"system-default-registry": "https://r.example.com"}}),
            "cluster.server.system-default-registry",
        ),
        (
            chart("neuvector", values={"global": {"cattle": {"systemDefaultRegistry": "https://r.example.com"}}}),
            "charts.neuvector.values.global.cattle.systemDefaultRegistry",
        ),
    ],
)
def test_a_registry_before_images_has_no_scheme(data: dict[str, Any], path: str) -> None:
    assert tell(data, "DS121") == ("error", path, "write r.example.com")


@pytest.mark.parametrize("registry", ["r.example.com", "r.example.com:5000/mirror", "[fd00::1]:5000"])
def test_registries_before_images(registry: str) -> None:
    assert told(mapping(rancher={"systemDefaultRegistry": registry})) == []


@pytest.mark.parametrize(
    ("key", "release", "version", "alien"),
    [
        ("rancher", "3.5", "2.12.5", True),
        ("rancher", "3.5", "2.14.1", True),
        ("rancher", "3.5", "2.13.6", False),
        ("rancher", "3.4", "2.12.1", False),
        ("metal3", "3.5", "304.0.19+up0.12.9", True),
        ("metal3", "3.4", "304.0.16+up0.12.6", False),
        ("neuvector", "3.5", "107.0.3+up2.8.10", True),
        ("cert-manager", "3.5", "1.20.1", False),
    ],
)
def test_versions_of_another_release(key: str, release: str, version: str, alien: bool) -> None:
    data = chart(key, release, version=version)
    assert [(item.severity, item.path) for item in found(data, "DS189")] == [
        ("warning", ("charts", key, "version"))
    ] * alien


@pytest.mark.parametrize(("email", "fine"), [(None, False), ("none@example.com", False), ("ops@telco.net", True)])
def test_lets_encrypt_writes_to_somebody(email: str | None, fine: bool) -> None:
    values = {"ingress": {"tls": {"source": "letsEncrypt"}}, "letsEncrypt": {"email": email} if email else {}}
    assert (found(chart("rancher", values=values), "DS194") == []) is fine


@pytest.mark.parametrize(
    ("key", "values", "path", "fix"),
    [
        (
            "metal3",
            {"global": {"provisioningHostName": "a"}},
            "global.provisioningHostName",
            "rename it to provisioningHostname",
        ),
        ("metal3", {"global": {"enable_tsl": True}}, "global.enable_tsl", "rename it to enable_tls"),
        ("metal3", {"global": {"vmediaTlsPort": 1}}, "global.vmediaTlsPort", "rename it to vmediaTLSPort"),
        ("metal3", {"provisioningHostname": "a"}, "provisioningHostname", MOVED),
        ("metal3", {"metal3_ironic": {"listenOnAll": True}}, "metal3_ironic", "rename it to metal3-ironic"),
        ("rancher", {"hostName": "a"}, "hostName", "rename it to hostname"),
        ("rancher", {"ingress": {"tls": {"secretname": "a"}}}, "ingress.tls.secretname", "rename it to secretName"),
        ("neuvector", {"controler": {"replicas": 3}}, "controler", "rename it to controller"),
        ("metal3", {"metal3-ironic": {"service": {"tpye": "x"}}}, "metal3-ironic.service.tpye", "rename it to type"),
        ("metal3", {"metal3-ironic": {"persistence": {"ironic": {"storageclass": "x"}}}},
         "metal3-ironic.persistence.ironic.storageclass", "rename it to storageClass"),
        ("metal3", {"metal3-ironic": {"persistence": {"size": "9Gi"}}}, "metal3-ironic.persistence.size", SIZE),
        ("metal3", {"baremetaloperator": {"externalHttpIPv6": "fd00:100::10"}},
         "baremetaloperator.externalHttpIPv6", EXTERNAL),
        ("rancher", {"ingress": {"source": "secret"}}, "ingress.source", SOURCE),
    ],
)  # fmt: skip
def test_misspelt_values(key: str, values: dict[str, Any], path: str, fix: str) -> None:
    assert tell(chart(key, values=values), "DS188") == ("warning", f"charts.{key}.values.{path}", fix)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (
            "metal3",
            {"global": {"provisioningInterface": "eth0"}, "metal3-ironic": {"ironicExtraEnv": {"IRONIC_IP": "x"}}},
        ),
        ("metal3", {"metal3-ironic": {"global": {"ironicKernelParams": "a"}, "resources": {"limits": {"cpu": 1}}}}),
        ("metal3", {"metal3-ironic": {"service": {"annotations": {"global.ironicIP": "x"}}}}),
        ("rancher", {"auditLog": {"level": 1}, "extraEnv": [], "somethingNew": {"hostname": "a"}}),
        ("rancher", {"proxy": "http://a:1", "ingress": {"extraAnnotations": {"ingress.class": "x"}}}),
        ("neuvector", {"controller": {"replicas": 3}, "enforcer": {"tolerations": []}}),
        ("metal3", {"metal3-ironic": {"resources": {}, "tolerations": []}, "metal3-mariadb": {"resources": {}}}),
        ("rancher", {"service": {"type": "ClusterIP"}, "resources": {"limits": {"cpu": 1}}, "annotations": {"a": "b"}}),
    ],
)
def test_values_that_are_left_alone(key: str, values: dict[str, Any]) -> None:
    assert found(chart(key, values=values), "DS188") == []


def test_no_demo_is_told_anything_new() -> None:
    new = {"DS188", "DS189", "DS191", "DS192", "DS193", "DS194"}
    for release in RELEASES:
        for mode in ("address", "hostname"):
            told_of = checked(mapping(mode, release=release)).findings
            assert not {item.rule.id.split("-")[0] for item in told_of} & new


@pytest.mark.parametrize(
    ("registry", "fix"),
    [
        ("fd00:100::5:5000", 'write "[fd00:100::5]:5000"'),
        ("fd00:100::5", 'write "[fd00:100::5]"'),
        ("https://fd00:100::5:5000/", 'write "[fd00:100::5]:5000"'),
    ],
)
def test_ipv6_registry_without_brackets(registry: str, fix: str) -> None:
    assert tell(mapping(rancher={"systemDefaultRegistry": registry}), "DS121")[2] == fix


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("SL-Micro.x86_64-6.1-Base-GM.raw.xz", "write SL-Micro.x86_64-6.1-Base-GM.raw"),
        ("base-1.2.qcow2", "write base-1.2.raw"),
        ("base.RAW.gz", "write base.raw"),
    ],
)
def test_packed_base_image_keeps_its_name(name: str, fix: str) -> None:
    (finding,) = found(image(type="raw", baseImage=name), "DS191")
    assert finding.fix == f"{fix}, and unpack the file to that name"
    assert len(found(image(type="iso", baseImage=name), "DS191")) == 1


def test_an_nvme_controller_is_no_disk() -> None:
    assert tell(image(installDevice="/dev/nvme0"), "DS192")[2] == "write /dev/nvme0n1"
