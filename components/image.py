"""The EIB directory of the site, and the image that is built of it."""

from __future__ import annotations

import hashlib
import pathlib
from dataclasses import dataclass
from typing import ClassVar

import pulumi

from components.hypervisor import host_kind
from components.secrets import Secrets
from components.site import project_folder
from dualstack.eib import build_tree
from dualstack.eib.definition import base_image
from dualstack.eib.files import ProjectFiles
from dualstack.eib.tree import PRIVATE, File, Tree
from dualstack.errors import InputError
from dualstack.plan import Plan
from dualstack.plan.server import TOKEN_KEY
from provider.resources import Build, Directory, FileInput


@dataclass(frozen=True)
class ManagementImageArgs:
    """What directory and image are made of.

    Attributes:
        plan: the site's plan.
        secret: reads the secrets that EIB needs in clear.
    """

    plan: Plan
    secret: Secrets


class ManagementImage(pulumi.ComponentResource):
    """The directory, always; the image, where the site has it built on the machine that deploys."""

    TYPE: ClassVar = "dualstack:index:ManagementImage"

    image: pulumi.Input[str] | None
    """Disk image for the host: the site's own, else the built one, else None."""

    directory: pulumi.Output[str]
    """The EIB directory, relative to the program's."""
    digest: pulumi.Output[str]
    """Of all that is in it, in hex."""

    def __init__(self, name: str, args: ManagementImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make directory and image.

        Args:
            name: name of the component.
            args: plan and secrets; the user's own files are those of the program's folder.
            opts: resource options.

        Raises:
            pulumi.RunError: a file of the user's cannot be read.
        """
        plan = args.plan
        settings = plan.site.image
        path = f"build/{plan.name}"
        inputs = {
            "release": plan.release.name,
            "kubernetesVersion": plan.kubernetes_version,
            "type": settings.type,
            "arch": settings.arch,
            "build": settings.build,
            "directory": path,
        }
        files, secrets = _files(
            plan, args.secret, project_folder()
        )  # before anything is registered: this is what may fail
        super().__init__(self.TYPE, name, inputs, opts)
        directory = Directory(
            f"{name}-directory",
            site=plan.name,
            path=path,
            files=files,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.image = host_kind(plan).image(plan)
        if settings.build == "local":
            build = Build(
                f"{name}-build",
                directory=path,
                digest=directory.digest,
                base_image=base_image(plan),
                builder=plan.release.eib_container,
                secrets=secrets,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.image = self.image or build.image
        self.directory, self.digest = pulumi.Output.from_input(path), directory.digest
        self.register_outputs({"directory": self.directory, "digest": self.digest})


def _files(plan: Plan, secret: Secrets, project: pathlib.Path) -> tuple[dict[str, FileInput], list[pulumi.Output[str]]]:
    """Give the files of the directory, and the secrets in them; files that hold one have a secret content."""
    reader = ProjectFiles(project)

    def tree(secrets: dict[str, str]) -> Tree:
        return build_tree(plan, secrets, reader)

    if plan.several and TOKEN_KEY not in plan.secrets and not pulumi.runtime.is_dry_run():
        message = f"several nodes need the secret {TOKEN_KEY}: without it EIB makes another token at each build"
        raise pulumi.RunError(f"{message}; {secret.give(TOKEN_KEY)}")
    values = {key: value for key in sorted(plan.secrets) if (value := secret(key)) is not None}
    try:
        # The secrets' names alone tell which files hold one, so everything else stays plain and shows in a preview.
        bare = tree({})
        files = tree(dict.fromkeys(values, "")).files if values else bare.files
    except InputError as error:
        raise pulumi.RunError(str(error)) from error
    given = pulumi.Output.all(*values.values()).apply(lambda known: dict(zip(values, known, strict=True)))

    def texts(known: dict[str, str]) -> dict[str, str]:
        return {path: file.text for path, file in tree(known).files.items() if _hidden(file)} if known else {}

    private = given.apply(texts)
    wanted = {left.key for left in bare.left_out}
    inside = [value for key, value in values.items() if key in wanted]
    return {path: _file(path, file, private, project) for path, file in files.items()}, inside


def _hidden(file: File) -> bool:
    return file.mode == PRIVATE and isinstance(file.content, bytes)


def _file(path: str, file: File, private: pulumi.Output[dict[str, str]], project: pathlib.Path) -> FileInput:
    mode = f"{file.mode:04o}"
    if isinstance(file.content, pathlib.Path):
        with file.content.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        source = file.content.relative_to(project.resolve()).as_posix()
        return {"mode": mode, "source": source, "sha256": digest}
    if _hidden(file):
        return {"mode": mode, "content": private.apply(lambda texts: texts[path])}
    return {"mode": mode, "content": file.text}
