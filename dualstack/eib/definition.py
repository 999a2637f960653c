"""EIB's definition file.

Source of the form: edge-image-builder ``pkg/image/definition.go`` and ``pkg/image/validation`` (release 1.3), which
refuses unknown keys. A section without content is left out.
"""

from __future__ import annotations

from typing import Any, Final

from dualstack.document.origins import Path
from dualstack.eib.helm import helm_section, image_charts
from dualstack.eib.proxy import proxy_texts
from dualstack.eib.tree import Builder
from dualstack.plan.model import Plan
from dualstack.plan.packages import node_packages
from dualstack.site.image import Image, Packages, User

DEFINITION: Final = "definition.yaml"
"""Name of the definition file, for ``eib build --definition-file``."""

_KIND = {"iso": "SelfInstall-GM.install.iso", "raw": "GM.raw"}


def definition(plan: Plan, builder: Builder) -> dict[str, Any]:
    """Compute the definition; secrets come from the builder, without them their keys are left out."""
    image = plan.site.image
    return _filled(
        {
            "apiVersion": plan.release.eib_api,
            "image": {
                "imageType": image.type,
                "arch": image.arch,
                "baseImage": base_image(plan),
                "outputImageName": image.output_name or f"eib-{plan.name}.{image.type}",
            },
            "operatingSystem": _system(plan, image, builder),
            "embeddedArtifactRegistry": {
                "images": [{"name": name} for name in image.images],
                "registries": _registries(plan, image, builder),
            },
            "kubernetes": {
                "version": plan.kubernetes_version,
                "network": _network(plan),
                "nodes": _nodes(plan),
                "manifests": {"urls": [item for item in plan.site.manifests if is_url(item)]},
                "helm": helm_section(plan, DEFINITION, builder),
            },
        }
    )


def _network(plan: Plan) -> dict[str, Any]:
    """ApiVIP alone: apiVIP6 would have no backend (``dualstack.plan.topology``)."""
    if not plan.several:
        return {}
    return {"apiHost": plan.site.cluster.api_host, "apiVIP": str(plan.api.ipv4) if plan.api.ipv4 else None}


def _nodes(plan: Plan) -> list[dict[str, Any]]:
    """List the nodes of a cluster of several; EIB makes one node's cluster where there are none."""
    if not plan.several:
        return []
    initializer = plan.initializer
    # The image that joins one node to a living cluster has an initializer that is no machine.
    nodes = plan.nodes if initializer in plan.nodes else (*plan.nodes, initializer)
    return [
        {"hostname": node.name, "type": node.role} | ({"initializer": True} if node is initializer else {})
        for node in nodes
    ]


def base_image(plan: Plan) -> str:
    """Return the file name of the base image: the site's, else the release's for its type and architecture."""
    image = plan.site.image
    return image.base_image or plan.release.base_image.format(arch=image.arch, kind=_KIND[image.type])


def is_url(manifest: str) -> bool:
    """Tell whether a manifest is fetched by EIB, rather than a file of the project."""
    return manifest.startswith(("http://", "https://"))


def _filled(section: dict[str, Any]) -> dict[str, Any]:
    """Drop what is None, or empty, at every depth of mappings."""
    filled = {key: _filled(value) if isinstance(value, dict) else value for key, value in section.items()}
    return {key: value for key, value in filled.items() if value not in (None, {}, [], "")}


def _system(plan: Plan, image: Image, builder: Builder) -> dict[str, Any]:
    time = image.time
    system: dict[str, Any] = {
        "isoConfiguration": {"installDevice": image.install_device if image.type == "iso" else None},
        "rawConfiguration": {"diskSize": image.disk_size if image.type == "raw" else None},
        "kernelArgs": list(image.kernel_args),
        "users": [_user(user) for user in image.users],
        "packages": _packages(plan, image.packages, builder),
        "time": {
            "timezone": time.timezone,
            "ntp": {
                "forceWait": time.force_wait or None,
                "pools": list(time.ntp_pools),
                "servers": list(time.ntp_servers),
            },
        },
    }
    proxies = proxy_texts(plan, builder, DEFINITION, "the node's own tools have no proxy")
    if proxies:
        # EIB's own default list goes once there is one, so it must be whole (docs/building-images.md).
        urls = {f"{scheme}Proxy": url for scheme, url in proxies.items()}
        system["proxy"] = {**urls, "noProxy": list(plan.no_proxy)}
    return system


def _user(user: User) -> dict[str, Any]:
    return _filled(
        {
            "username": user.username,
            "createHomeDir": True,  # EIB wants it with keys, and a login without a home is of little use
            "encryptedPassword": user.encrypted_password,
            "sshKeys": list(user.ssh_keys),
            "primaryGroup": user.primary_group,
            "secondaryGroups": list(user.secondary_groups),
        }
    )


def _packages(plan: Plan, packages: Packages, builder: Builder) -> dict[str, Any]:
    code = None
    if packages.scc_registration_code_key is not None:
        code = builder.secret(
            packages.scc_registration_code_key,
            DEFINITION,
            "operatingSystem.packages.sccRegistrationCode",
            ("image", "packages", "sccRegistrationCodeKey"),
            "EIB finds no packages in SUSE's repositories, and the node is not registered",
            stops=True,
        )
    return {
        "noGPGCheck": packages.no_gpg_check or None,
        "packageList": list(node_packages(plan.site)),
        "additionalRepos": [
            _filled({"url": repo.url, "unsigned": repo.unsigned or None, "priority": repo.priority})
            for repo in packages.repositories
        ],
        "sccRegistrationCode": code,
    }


def _registries(plan: Plan, image: Image, builder: Builder) -> list[dict[str, Any]]:
    """List the registries with a login: the site's, and that of a chart repository that the release wants a login for.

    The images of such a chart lie in the same registry, and EIB embeds them.
    """
    wanted: list[tuple[str, str, str, Path]] = [
        (item.uri, item.username, item.password_key, ("image", "registries", index, "passwordKey"))
        for index, item in enumerate(image.registries)
    ]
    known = {uri for uri, *_ in wanted}
    for chart in image_charts(plan):
        source = chart.repository
        host = source.url.removeprefix("oci://").partition("/")[0]
        if source.needs_login and source.username and source.password_key and host not in known:
            known.add(host)
            wanted.append((host, source.username, source.password_key, (*chart.path, "login", "passwordKey")))
    entries = []
    for uri, username, key, path in wanted:
        where = f"embeddedArtifactRegistry.registries[{uri}]"
        password = builder.secret(key, DEFINITION, where, path, f"EIB fetches images of {uri} without a login", True)
        if password is not None:
            entries.append({"uri": uri, "authentication": {"username": username, "password": password}})
    return entries
