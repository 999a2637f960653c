"""Labels and taints of nodes, as kubelet reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.several import TOKEN, node, several
from tests.sites import found, told


def site(**more: Any) -> dict[str, Any]:
    return several(nodes=[node(1), node(2, **more), node(3)])


@pytest.mark.parametrize(
    "labels",
    [
        {"rack": "r-1", "example.com/Rack_1.b": "A"},
        {"topology.kubernetes.io/zone": "a", "kubernetes.io/hostname": "mgmt-2"},
        {"node.kubernetes.io/instance-type": "big", "a.kubelet.kubernetes.io/x": "1"},
        {"notkubernetes.io/x": "1", "a" * 63: "b" * 63},
    ],
)
def test_good_labels_are_silent(labels: dict[str, str]) -> None:
    assert told(site(labels=labels), TOKEN) == []


@pytest.mark.parametrize("taint", ["a=b:NoSchedule", "a:NoExecute", "example.com/a=:PreferNoSchedule"])
def test_good_taints_are_silent(taint: str) -> None:
    assert told(site(taints=[taint]), TOKEN) == []


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"a b": "c"}, "the key 'a b'"),
        ({"/x": "y"}, "no domain"),
        ({"a/b/c": "y"}, "no domain"),
        ({"a" * 64: "y"}, "the key"),
        ({"a": "x'; reboot; '"}, "the value"),
        ({"a": "b" * 64}, "the value"),
        ({"a": "b,c=d"}, "the value"),
        ({"node-role.kubernetes.io/worker": "true"}, "no node may give itself"),
        ({"node-restriction.kubernetes.io/x": "y"}, "no node may give itself"),
        ({"k8s.io/x": "y"}, "no node may give itself"),
    ],
)
def test_a_label_that_kubelet_refuses(labels: dict[str, str], words: str) -> None:
    (one,) = found(site(labels=labels), "DS312", TOKEN)
    assert words in one.message
    assert one.path == ("nodes", 1, "labels", next(iter(labels)))


@pytest.mark.parametrize(
    "taint", ["a", "a=b", "NoSchedule", "a=b:Never", "a=b:noschedule", "=b:NoExecute", "a=b c:NoExecute"]
)
def test_a_taint_that_kubelet_refuses(taint: str) -> None:
    (one,) = found(site(taints=[taint]), "DS312", TOKEN)
    assert one.path == ("nodes", 1, "taints", 0)
