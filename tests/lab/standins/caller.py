"""A program of somebody else: in a folder and an environment of its own, with our components as a plugin."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

import pip
import pytest

from dualstack.document.yamlio import dump
from dualstack.engine.model import StepError
from dualstack.engine.pack import SOURCE, pack_python
from dualstack.errors import InputError
from tests.lab.standins.project import Deployment

SDK = '''
import pulumi


class Remote(pulumi.ComponentResource):
    """What ``pulumi package add`` writes for a component, by hand: its outputs are those that are named."""

    def __init__(self, kind, name, inputs, outputs, opts=None):
        props = {**dict.fromkeys(outputs), **inputs}
        super().__init__(f"dualstack:index:{kind}", name, props, opts, remote=True)
        self.told = outputs

    def output(self, name):
        return getattr(self, name)


def ManagementCluster(resource_name, /, opts=None, **inputs):
    outputs = ("release", "entry", "serving", "names", "nodes", "apiServer", "rancherUrl", "kubeconfig", "host")
    return Remote("ManagementCluster", resource_name, inputs, outputs, opts)


def ManagementCharts(resource_name, /, opts=None, **inputs):
    return Remote("ManagementCharts", resource_name, inputs, ("releases",), opts)
'''


def environment(folder: Path, other: Path) -> None:
    """Make a virtual environment with the packages of another one, and with pip, which the language host asks."""
    venv.create(folder, symlinks=True)
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (inside / "other.pth").write_text(f"{sysconfig.get_path('purelib', vars={'base': str(other)})}\n")
    (inside / "pip").symlink_to(Path(pip.__file__).parent)


class Caller(Deployment):
    """The program's folder; the clone of dualstack stands beside it."""

    project = "elsewhere"

    def __init__(self, folder: Path) -> None:
        """Make both below a folder.

        The program's environment has the packages of the policy pack's: Pulumi, and not what the components need.
        """
        super().__init__(folder)
        self.clone = self.folder
        try:
            python = pack_python(SOURCE, print)
        except (InputError, StepError) as error:
            pytest.skip(f"no second environment: {error}")
        self.folder = folder / self.project
        self.folder.mkdir()
        environment(self.folder / ".venv", python.parents[1])
        project = {
            "name": self.project,
            "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
            "stackConfigDir": "stacks",
            "packages": {"dualstack": str(self.clone / "components")},
        }
        (self.folder / "Pulumi.yaml").write_text(dump(project))
        (self.folder / "remote.py").write_text(SDK)
        (self.folder / "stacks").mkdir()
        self.environment = self._environment()
        self.control.part_clusters()

    def program(self, text: str) -> None:
        """Write the program."""
        (self.folder / "__main__.py").write_text(text)
