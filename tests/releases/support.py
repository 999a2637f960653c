"""A catalogue of a test's own: the shipped files, and others beside them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.releases import catalogue

INVENTED = "9.9.1"


def invented(**changes: Any) -> dict[str, Any]:
    """Return what a file says of a release that nobody has, changes over it (None removes a key).

    ``rancher`` is the version of its chart.
    """
    newest = catalogue.FOLDER / f"{catalogue.RELEASES.versions[-1]}.yaml"
    data = yaml.safe_load(newest.read_text(encoding="utf-8"))
    data |= {"release": INVENTED, "eibContainer": "registry.example.com/eib:9", "kubernetes": "v1.36.1+rke2r1"}
    for chart in data["charts"]:
        if chart["key"] == "neuvector":
            chart["namespace"] = "invented"
        if chart["key"] == "rancher":
            chart["version"] = changes.pop("rancher", "2.99.1")
    data |= changes
    return {key: value for key, value in data.items() if value is not None or key == "ingressController"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped catalogue, which is the one that is used."""
    made = tmp_path / "catalogue"
    made.mkdir()
    for file in catalogue.FOLDER.glob("*.yaml"):
        shutil.copy(file, made)
    monkeypatch.setattr(catalogue, "FOLDER", made)
    return made


def add(folder: Path, data: dict[str, Any], version: str = INVENTED) -> Path:
    """Write a file of the catalogue."""
    file = folder / f"{version}.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    # A process reads the folder once.
    for read in (catalogue._versions, catalogue._rolling):
        read.cache_clear()
    return file
