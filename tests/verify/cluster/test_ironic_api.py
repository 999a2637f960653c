"""Ironic's own words: the host in its links, and the media URL that it holds for each machine; a stand-in answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualstack.verify.cluster.hosts import media_url
from dualstack.verify.cluster.ironic_api import run
from dualstack.verify.cluster.live import from_objects
from dualstack.verify.cluster.view import View
from dualstack.verify.model import Result, Way, Word
from tests.lab import api
from tests.lab.bind import free_port
from tests.verify.cluster.healthy import NOW, cluster
from tests.verify.cluster.sites import demo


def http(body: Any, status: str = "200 OK") -> bytes:
    text = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


def ask(link: str, held: dict[str, str] | None, name: str = "demo", *, alone: bool = False) -> list[Result]:
    """Ask a stand-in; ``held`` are the URLs that it holds by machine, None where it wants a login for them."""
    plan, accepted = demo(name)
    view = View(from_objects(cluster(plan)), None if alone else plan, accepted, NOW)
    nodes = []
    for host in view.objects("hosts"):
        own = (held or {}).get(host["metadata"]["name"], media_url(view, host))
        nodes.append({"name": f"metal3-system~{host['metadata']['name']}", "driver_info": {"external_http_url": own}})

    def answer(asked: bytes) -> bytes:
        assert asked.startswith(b"GET ")
        if asked.startswith(b"GET /v1/nodes"):
            return http({"nodes": nodes}) if held is not None else http({}, "401 Unauthorized")
        return http({"links": [{"href": f"{link}/v1/", "rel": "self"}]})

    port = free_port()
    with api.serving(api.HERE, port, answer=answer):
        way = Way(lambda address, _: ("::1" if ":" in address else "127.0.0.1", port), 5.0)
        return list(run(view, way))


@pytest.mark.parametrize(
    ("name", "link"),
    [("demo", "https://192.168.100.10:6385"), ("demo-hostname", "https://ironic.paris.example.com:6385")],
)
@pytest.mark.parametrize("alone", [False, True])
def test_a_healthy_ironic_is_silent(name: str, link: str, alone: bool) -> None:
    found = ask(link, {}, name, alone=alone)

    assert [(one.at, one.seen) for one in found if one.word is not Word.OK] == []
    assert {one.asked for one in found} == {"links", "media URL in Ironic"}


def test_links_to_another_host_are_told() -> None:
    found = ask("https://192.168.100.99:6385", {})

    failed = [one for one in found if one.word is Word.FAILED]
    assert {one.family for one in failed} >= {"ipv4"}
    assert all("192.168.100.99" in one.seen and (one.rule or "").startswith("DS205") for one in failed)


def test_the_url_of_a_machine_is_told_where_it_is_not_the_operators() -> None:
    found = ask("https://192.168.100.10:6385", {"rack1-01": "http://[fd00:100::99]:6180", "rack1-02": ""})

    (failed,) = [one for one in found if one.word is Word.FAILED]
    assert failed.at == "BareMetalHost metal3-system/rack1-01"
    assert "fd00:100::99" in failed.seen


def test_an_ironic_that_wants_a_login_for_its_machines_says_so() -> None:
    found = ask("https://192.168.100.10:6385", None)

    assert [one.at for one in found if one.word is not Word.OK] == ["machines in Ironic"]
    assert next(one for one in found if one.at == "machines in Ironic").word is Word.NOT_CHECKABLE
