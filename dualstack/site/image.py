"""The Edge Image Builder image of a node."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualstack.site.base import Bool, Int, Model, SecretKey, Text


class User(Model):
    """An account on the node."""

    username: Text = Field(description="Login name.")
    encrypted_password: Text | None = Field(None, description="crypt(3) hash, as from openssl passwd -6.")
    ssh_keys: tuple[Text, ...] = Field((), description="Public keys for SSH.")
    primary_group: Text | None = Field(None, description="Primary group.")
    secondary_groups: tuple[Text, ...] = Field((), description="Further groups.")


class PackageRepository(Model):
    """An RPM repository beside the image's own."""

    url: Text = Field(description="URL of the repository.")
    unsigned: Bool = Field(False, description="Whether its packages are unsigned.")
    priority: Int | None = Field(None, description="Priority, 0 to 99; EIB apiVersion 1.3.")


class Packages(Model):
    """RPM packages to add; the release's own are always there."""

    names: tuple[Text, ...] = Field((), description="Package names.")
    repositories: tuple[PackageRepository, ...] = Field((), description="Further repositories.")
    no_gpg_check: Bool = Field(False, description="Whether signatures go unchecked; never outside a lab.")
    scc_registration_code_key: SecretKey | None = Field(
        None, description="Config key dualstack:<this> that holds the SUSE registration code."
    )


class Time(Model):
    """Time zone and NTP sources."""

    timezone: Text = Field("UTC", description="Time zone.")
    ntp_servers: tuple[Text, ...] = Field((), description="NTP servers.")
    ntp_pools: tuple[Text, ...] = Field((), description="NTP pools.")
    force_wait: Bool = Field(False, description="Whether the boot waits for a synchronised clock.")


class Proxy(Model):
    """HTTP proxy of the node, of RKE2 and of Rancher."""

    http: Text | None = Field(None, description="Proxy for http, a URL without a login.")
    https: Text | None = Field(None, description="Proxy for https, a URL without a login.")
    http_key: SecretKey | None = Field(
        None, description="In place of http: config key dualstack:<this> that holds the URL, for one with a login."
    )
    https_key: SecretKey | None = Field(
        None, description="In place of https: config key dualstack:<this> that holds the URL, for one with a login."
    )
    no_proxy: tuple[Text, ...] = Field(
        (), description="Names and networks reached directly; every CIDR of both families is always added."
    )


class Registry(Model):
    """A container registry that needs a login."""

    uri: Text = Field(description="Host of the registry, such as dp.apps.rancher.io.")
    username: Text = Field(description="User name.")
    password_key: SecretKey = Field(description="Config key dualstack:<this> that holds the password.")


class Image(Model):
    """The EIB definition."""

    type: Literal["iso", "raw"] = Field("iso", description="Image type.")
    arch: Literal["x86_64", "aarch64"] = Field("x86_64", description="Architecture.")
    base_image: Text | None = Field(
        None, description="File name of the base image in base-images/; the release's own where absent."
    )
    output_name: Text | None = Field(None, description="File name of the built image; eib-<site> where absent.")
    install_device: Text | None = Field(None, description="Disk to install to without asking, with an ISO.")
    disk_size: Text | None = Field(None, description="Size of a raw image: a number and M, G or T.")
    kernel_args: tuple[Text, ...] = Field((), description="Kernel arguments.")
    users: tuple[User, ...] = Field((), description="Accounts.")
    packages: Packages = Field(Packages.model_construct(), description="RPM packages.")
    time: Time = Field(Time.model_construct(), description="Time.")
    proxy: Proxy | None = Field(None, description="HTTP proxy of the node, of RKE2 and of Rancher.")
    registries: tuple[Registry, ...] = Field((), description="Registries with a login, for embedded images.")
    images: tuple[Text, ...] = Field((), description="Container images to embed.")
    selinux: Bool = Field(True, description="Whether RKE2 runs with SELinux.")
    files: Text | None = Field(
        None, description="Folder, relative to the project, whose content is laid over the EIB directory."
    )
    build: Literal["none", "local"] = Field(
        "none", description="none: the image is built elsewhere. local: by the release's EIB container on this machine."
    )
