"""A name for each of API server, Rancher and Ironic, where they have addresses of their own."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.several import TOKEN, several
from tests.sites import found, told


def site(ironic: str, rancher: str, api: str | None) -> dict[str, Any]:
    cluster = {} if api is None else {"cluster": {"apiHost": api}}
    return several("hostname", provisioning={"hostname": ironic}, rancher={"hostname": rancher}, **cluster)


IRONIC, RANCHER, API = "ironic.lyon.example.com", "rancher.lyon.example.com", "api.lyon.example.com"


def test_three_names_are_silent() -> None:
    assert told(site(IRONIC, RANCHER, API), TOKEN) == ["DS284-hostname-mode-read-only"]
    assert told(site(IRONIC, "dual", None), TOKEN) == ["DS284-hostname-mode-read-only"]


@pytest.mark.parametrize(
    ("data", "path", "better"),
    [
        (site(IRONIC, RANCHER, IRONIC), "cluster.apiHost", API),
        (site(IRONIC, RANCHER, RANCHER), "cluster.apiHost", API),
        (site(IRONIC, IRONIC, API), "rancher.hostname", RANCHER),
        (site(API, RANCHER, API), "cluster.apiHost", ""),
    ],
)
def test_one_name_for_two(data: dict[str, Any], path: str, better: str) -> None:
    (one,) = found(data, "DS313", TOKEN)
    assert format_path(one.path) == path
    assert better in one.fix


@pytest.mark.parametrize(
    "name", ["https://api.example.com:6443", "192.168.100.20", "api.example.com.", "api", "Api.example.com"]
)
def test_the_name_of_the_api_is_a_name(name: str) -> None:
    (one,) = found(site(IRONIC, RANCHER, name), "DS080", TOKEN)
    assert format_path(one.path) == "cluster.apiHost"
