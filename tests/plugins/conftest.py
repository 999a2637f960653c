"""Servers that the tests of this room share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.charts import Charts
from tests.lab.kube import Kube
from tests.lab.libvirtd import Libvirtd
from tests.lab.plugins import needed_plugin
from tests.plugins.kubernetes import LOGIN, KubeLab, fixtures
from tests.plugins.libvirt import Lab


@pytest.fixture(scope="session")
def libvirtd() -> Iterator[Libvirtd]:
    """A hypervisor; empty when a test of it begins."""
    needed_plugin("libvirt")
    # Not below pytest's own folder, whose path is too long for a socket's.
    folder = Path(tempfile.mkdtemp(prefix="lv"))
    try:
        server = Libvirtd(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def lab(tmp_path: Path, libvirtd: Libvirtd) -> Lab:
    """Our project, ready for its first stack."""
    return Lab(tmp_path, libvirtd)


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A Kubernetes API server; empty when a test of it begins."""
    needed_plugin("kubernetes")
    with Kube(tmp_path_factory.mktemp("kube")) as server:
        yield server


@pytest.fixture(scope="session")
def charts() -> Iterator[Charts]:
    """A chart repository with small charts under the real names."""
    with Charts(LOGIN) as repository:
        fixtures(repository)
        yield repository


@pytest.fixture
def cluster(tmp_path: Path, kube: Kube, charts: Charts) -> KubeLab:
    """Our project, ready for its first stack on an empty cluster."""
    return KubeLab(tmp_path, kube, charts)
