"""An image that is served: to its BMC alone, under a path that nobody guesses."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dualstack.probe.served_url import hidden, known_part
from provider.frame.handler import ResourceError
from provider.host.serving import served
from tests.lab.bmc import LOOPBACK, free_port

IMAGE = bytes(range(256)) * 40
KNOWN = "/lyon/mgmt-1/1.iso"
FAMILIES = pytest.mark.parametrize("family", ["ipv4", "ipv6"])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / "image.iso"
    file.write_bytes(IMAGE)
    return file


def bmc(family: str) -> str:
    host = LOOPBACK[family]
    return f"https://[{host}]:1" if ":" in host else f"https://{host}:1"


def nobody(client: str) -> None:
    raise AssertionError(client)


def ask(
    url: str, *, method: str = "GET", path: str | None = None, source: str | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Ask for a URL, or for another path at its place; gives status, content and headers."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    origin = (source, 0) if source else None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10, source_address=origin)
    try:
        connection.request(method, parts.path if path is None else path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)
    finally:
        connection.close()


@FAMILIES
def test_the_file_whole_and_in_parts(family: str, image: Path) -> None:
    with served(image, KNOWN, bmc(family), 0, nobody) as url:
        assert ask(url)[:2] == (200, IMAGE)
        status, body, headers = ask(url, method="HEAD")
        assert (status, body, headers["Content-Length"]) == (200, b"", str(len(IMAGE)))
        for asked, wanted in (("5-9", IMAGE[5:10]), ("9000-", IMAGE[9000:]), ("-16", IMAGE[-16:])):
            status, body, headers = ask(url, Range=f"bytes={asked}")
            assert (status, body) == (206, wanted)
            assert headers["Content-Range"].endswith(f"/{len(IMAGE)}")
        for asked in (f"{len(IMAGE)}-", "9-5", "-0"):
            assert ask(url, Range=f"bytes={asked}")[0] == 416
        assert ask(url, Range="bytes=0-1,5-6")[:2] == (200, IMAGE)
        assert ask(f"{url}?from=bmc")[0] == 200


@FAMILIES
def test_no_other_path_and_no_other_method_gives_anything(family: str, image: Path) -> None:
    with served(image, KNOWN, bmc(family), 0, nobody) as url:
        path = urlsplit(url).path
        random = path.split("/")[1]
        others = ("/", KNOWN, f"/{random}", f"/{random}/", f"/{random}/lyon/", f"{path}/", f"/x{path[2:]}",
                  f"{path}/../1.iso", f"{path[:-4]}.ISO", "/%2e%2e/etc/passwd")  # fmt: skip
        for other in others:
            status, body, _ = ask(url, path=other)
            assert status == 404, other
            assert b"iso" not in body
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
            status, body, _ = ask(url, method=method)
            assert status >= 400
            assert random.encode() not in body


def test_each_time_another_path_that_is_long_enough(image: Path) -> None:
    found = set()
    for _ in range(5):
        with served(image, KNOWN, bmc("ipv4"), 0, nobody) as url:
            found.add(urlsplit(url).path.split("/")[1])
    assert len(found) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", one) for one in found)  # 256 bits


def test_what_is_told_holds_nothing_of_it(image: Path) -> None:
    with served(image, KNOWN, bmc("ipv6"), 0, nobody) as url:
        random = urlsplit(url).path.split("/")[1]
        told = hidden(f"cannot fetch {url}: gone")
        assert random not in told
        assert told.endswith(f"/...{KNOWN}: gone")
        assert known_part(url) == KNOWN
    assert known_part(f"http://192.0.2.1:80{KNOWN}") == ""
    assert known_part("") == ""


def test_another_address_is_answered_nothing_and_told_once(image: Path) -> None:
    told: list[str] = []
    with served(image, KNOWN, bmc("ipv4"), 0, told.append) as url:
        for _ in range(2):
            with pytest.raises(OSError):  # closed, sooner or later
                ask(url, source="127.0.0.9")
        assert ask(url, source="127.0.0.1")[0] == 200
    assert told == ["127.0.0.9"]


def test_several_machines_share_a_port_that_the_site_gives(image: Path, tmp_path: Path) -> None:
    port = free_port("ipv4")
    other = tmp_path / "other.iso"
    other.write_bytes(b"other")
    with served(image, KNOWN, bmc("ipv4"), port, nobody) as one:
        with served(other, "/lyon/mgmt-2/1.iso", bmc("ipv4"), port, nobody) as two:
            assert (ask(one)[1], ask(two)[1]) == (IMAGE, b"other")
            assert urlsplit(one).port == urlsplit(two).port == port
        assert ask(one)[0] == 200
        assert ask(two)[0] == 404
    with pytest.raises(ConnectionRefusedError):
        ask(one)


def test_a_port_that_is_taken_is_said(image: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        offer = served(image, KNOWN, bmc("ipv4"), port, nobody)
        with pytest.raises(ResourceError, match=f"port {port}: Address already in use"), offer:
            pass
