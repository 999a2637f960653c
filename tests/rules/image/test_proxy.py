from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from dualstack.document.findings import At
from dualstack.document.fixes import Set
from dualstack.rules.image.proxy import no_proxy_entry, no_proxy_list, proxy_url, uncovered
from tests.rules.cases import changed, one, tell
from tests.sites import checked, found, mapping, told

PODS = [
    ("the pods CIDR", ipaddress.ip_network("10.42.0.0/16")),
    ("the services CIDR", ipaddress.ip_network("fd00:a::/112")),
]


def proxied(**proxy: Any) -> dict[str, Any]:
    return changed("address", ({"https": "http://proxy.example.com:3128", **proxy}, "image", "proxy"))


@pytest.mark.parametrize(
    "url",
    [
        "http://proxy.example.com:3128",
        "https://user:word@192.0.0.9:8080",
        "http://192.169.1.25",
        "http://[fd00::1]:3128/",
        "HTTP://Proxy.Example.com",
        "http://10.43.0.1:80",
    ],
)
def test_proxies(url: str) -> None:
    assert list(proxy_url(At((), url), PODS)) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://baduri",
        "http://bad%20uri",
        "proxy.example.com:3128",
        "http://10.42.1.25:3030",
        "http://[fd00:a::25]",
        "http://fd00::1:3128",
        "http://",
        "http://a:99999",
        "http://[fd00::1",
        "socks5://a",
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    assert len(list(proxy_url(At((), url), PODS))) == 1


def test_a_login_is_never_shown() -> None:
    for url in ("ftp://user:hunter2@host", "user:hunter2@host", "http://user:hunter2@fd00::1", "http://u:hunter2@a b"):
        assert all("hunter2" not in f.message + f.fix for f in proxy_url(At((), url)))
    site = proxied(https="http://user:hunter2@10.42.0.9:3128")
    assert "hunter2" not in str([(f.message, f.fix) for rule in ("DS097", "DS102") for f in found(site, rule)])


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        ".abc.com",
        "abc.com",
        "172.30.0.0/16",
        "fd00::/8",
        "10.0.0.1",
        "fd00::1",
        "abc.com:8080",
        ".svc",
        "localhost",
        "10.0.0.1/8",
    ],
)
def test_entries(entry: str) -> None:
    assert list(no_proxy_entry(At((), entry))) == []


@pytest.mark.parametrize(
    ("entry", "fix"),
    [
        ("*.bad-proxy", "write .bad-proxy"),
        (" abc.com", "write abc.com"),
        ("a.com,b.com", "write a.com, b.com as entries of their own"),
        ("http://abc.com/", "write abc.com"),
        ("[fd00::1]", "write fd00::1"),
        ("10.0.0.0/33", "write a CIDR such as 10.42.0.0/16 or fd00:42::/56"),
        ("...", "write a name, a domain with a leading dot, an address or a CIDR"),
    ],
)
def test_what_is_no_entry(entry: str, fix: str) -> None:
    assert [finding.fix for finding in no_proxy_entry(At((), entry))] == [fix]


def test_an_asterisk_stands_alone() -> None:
    assert list(no_proxy_list([At((), "*")])) == []
    assert len(list(no_proxy_list([At((), "*"), At((), "a.com")]))) == 1


def test_coverage() -> None:
    networks = [ipaddress.ip_network("10.42.0.0/16"), ipaddress.ip_network("fd00:a::/112")]
    assert uncovered(["10.0.0.0/8", "fd00::/8"], networks) == []
    assert uncovered(["*"], networks) == []
    assert uncovered(["10.42.0.0/17", "fd00:a::/112"], networks) == networks[:1]


def test_the_site() -> None:
    assert told(proxied(noProxy=["intranet.example.com"])) == []
    assert tell(proxied(https="ftp://x"), "DS097")[:2] == ("error", "image.proxy.https")
    assert tell(proxied(http="http://10.42.0.9:3128"), "DS097")[:2] == ("error", "image.proxy.http")
    assert tell(proxied(noProxy=["*.example.com"]), "DS098") == (
        "error",
        "image.proxy.noProxy[0]",
        "write .example.com",
    )


def test_an_override_of_no_proxy_must_hold_both_families() -> None:
    data = proxied()
    data["charts"]["rancher"] = {"values": {"noProxy": "10.0.0.0/8,192.168.0.0/16,.svc"}}
    finding = one(data, "DS099")
    assert finding.path == ("charts", "rancher", "values", "noProxy")
    assert "fd12:4567:789b::/48" in finding.message
    assert finding.fix == "remove charts.rancher.values.noProxy"
    assert found(proxied(), "DS099") == []


def test_ranchers_own_default_knows_ipv4_alone() -> None:
    data = changed("address", ("http://proxy.example.com:3128", "charts", "rancher", "values", "proxy"))
    finding = one(data, "DS099")
    assert finding.path == ("charts", "rancher", "values", "proxy")
    assert "fd12:4567:789b::/48" in finding.message
    (wanted,) = (edit.value for edit in finding.mend.edits if isinstance(edit, Set))
    data["charts"]["rancher"]["values"]["noProxy"] = wanted
    assert found(data, "DS099") == []
    spaced = wanted.replace(",", ", ")
    data["charts"]["rancher"]["values"]["noProxy"] = spaced
    assert found(data, "DS098")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (("10.60.0.0/16,fd60::/48", "cluster", "server", "cluster-cidr"), "10.60.0.0/16, fd60::/48"),
        (
            ({"dhcp": True, "reservation": "172.20.0.9"}, "nodes", 0, "interfaces", 0, "ipv4"),
            "172.20.0.9/32",
        ),
        (
            ([{"name": "eth0", "ipv4": {"address": [{"ip": "172.21.0.9", "prefix-length": 24}]}}],
             "nodes", 0, "nmstate", "interfaces"),
            "172.21.0.0/24",
        ),
    ],
)  # fmt: skip
def test_coverage_follows_overrides_and_reservations(change: tuple[Any, ...], missing: str) -> None:
    held = "10.42.0.0/16,fd12:4567:789b::/48,10.96.0.0/12,fd12:4567:789c::/112,192.168.100.0/24,fd00:100::/64"
    data = changed("address", (held, "charts", "rancher", "values", "noProxy"), change)
    data["image"]["proxy"] = {"https": "http://proxy.example.com:3128"}
    finding = one(data, "DS099")
    assert finding.message == f"noProxy does not hold {missing}"
    del data["charts"]["rancher"]["values"]["noProxy"]
    assert found(data, "DS099") == []


@pytest.mark.parametrize(
    ("url", "severity", "fix"),
    [
        ("http://proxy.example.com:3128 ", "error", "write http://proxy.example.com:3128"),
        ("http:/proxy.example.com:3128", "error", "write http://proxy.example.com:3128"),
        ("http:proxy.example.com:3128", "error", "write http://proxy.example.com:3128"),
        ("http://[::ffff:10.1.1.1]:3128", "error", "write http://10.1.1.1:3128"),
        ("http://[fe80::1]:3128", "error", "write the address of a proxy outside the cluster"),
        ("http://010.1.1.1:3128", "error", "write a URL such as http://proxy.example.com:3128"),
        ("http://127.0.0.1:3128", "warning", "write the address of a proxy outside the cluster"),
        ("http://localhost:3128", "warning", "write the address of a proxy outside the cluster"),
    ],
)
def test_slips_in_a_proxy(url: str, severity: str, fix: str) -> None:
    assert tell(mapping(image={"proxy": {"http": url}}), "DS097") == (severity, "image.proxy.http", fix)


@pytest.mark.parametrize("url", ["http:/u:geheim@p:1", "http://u:geheim@p:1 ", "http://u:geheim@[::ffff:10.1.1.1]:1"])
def test_a_slip_shows_no_login(url: str) -> None:
    for finding in checked(mapping(image={"proxy": {"http": url}})).findings:
        assert "geheim" not in f"{finding.message}{finding.fix}"


@pytest.mark.parametrize(("entry", "bare"), [("10.1.1.1:443", "10.1.1.1"), ("fd00:9::1", None)])
def test_a_port_in_no_proxy(entry: str, bare: str | None) -> None:
    data = mapping(image={"proxy": {"http": "http://p.example.com:1", "noProxy": [entry]}})
    assert [finding.fix for finding in found(data, "DS098")] == ([f"write {bare}"] if bare else [])
