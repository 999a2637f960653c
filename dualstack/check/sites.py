"""From a site's name, or the path of its stack file, to the checked site."""

from __future__ import annotations

from pathlib import Path

from dualstack.check.checked import Checked, check_site
from dualstack.check.named_files import with_files
from dualstack.check.nmc import with_nmc
from dualstack.errors import InputError, UnexpectedError
from dualstack.stack.layers import LayerStore, resolve_stack
from dualstack.stack.project import site_file


def site_name(file: Path) -> str:
    """Return the stack's name: ``Pulumi.demo.yaml`` holds the stack demo."""
    stem = file.name.removesuffix(".yaml").removesuffix(".yml")
    return stem.removeprefix("Pulumi.")


def load_site(project: Path, site: str, store: LayerStore | None = None) -> Checked:
    """Read, merge and check one site, with the files that it names, and raw nmstate before nm-configurator.

    Args:
        project: the project's folder.
        site: a stack name, or the path of a stack file.
        store: the project's layers, where several sites are read.

    Raises:
        InputError: the file or a layer cannot be read, or dualstack itself fails at it.
    """
    file = site_file(project, site)
    try:
        checked = check_site(site_name(file), resolve_stack(project, file, store))
        return with_nmc(with_files(project, checked))
    except InputError:
        raise
    except Exception as error:
        raise UnexpectedError(error, site) from error
