"""The proxy reaches RKE2, and a login in its URL stays out of what others can read."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.eib import build_tree
from dualstack.eib.scripts import fill
from dualstack.eib.tree import PRIVATE, READABLE, Tree
from tests.eib.support import Given, loaded, plan_of, site, tree_of
from tests.several import node, several
from tests.sites import checked, found

FILE = "os-files/etc/default/rke2-server"
URL = "http://[fd00:100::80]:3128"
LOGIN = "http://robot:it's@proxy.example.com:3128"
RANCHER = "kubernetes/helm/values/rancher.yaml"


def lines(tree: Tree) -> dict[str, str]:
    text = tree.files[FILE].text
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("delivery", ["image", "pulumi"])
def test_rke2_has_the_proxy(delivery: str) -> None:
    tree = tree_of(site(delivery=delivery, image={"proxy": {"http": "http://a:1", "https": URL, "noProxy": ["b"]}}))
    told = lines(tree)
    assert (told["HTTP_PROXY"], told["HTTPS_PROXY"]) == ("http://a:1", URL)
    assert tree.files[FILE].mode == READABLE
    without = told["NO_PROXY"].split(",")
    wanted = {"b", ".svc", ".cluster.local", "10.42.0.0/16", "fd12:4567:789b::/48", "10.96.0.0/12"}
    assert wanted | {"fd12:4567:789c::/112", "192.168.100.0/24", "fd00:100::/64", "127.0.0.1", "::1"} <= set(without)


def test_one_proxy_is_one_line() -> None:
    assert lines(tree_of(site(image={"proxy": {"https": URL}}))).keys() == {"HTTPS_PROXY", "NO_PROXY"}


def test_agents_have_it_too() -> None:
    data = several("address", nodes=[node(1), node(2), node(3), node(4, role="agent")])
    data["image"] = {**data.get("image", {}), "proxy": {"https": URL}}
    files = tree_of(data).files
    server, agent = (files[f"os-files/etc/default/rke2-{role}"].text for role in ("server", "agent"))
    assert agent.splitlines()[1:] == server.splitlines()[1:]
    assert "os-files/etc/default/rke2-agent" not in tree_of(site(image={"proxy": {"https": URL}})).files


@pytest.mark.parametrize("proxy", [None, {}, {"noProxy": ["a"]}])
def test_without_a_proxy_there_is_no_file(proxy: Any) -> None:
    assert FILE not in tree_of(site(image={"proxy": proxy})).files


def test_a_login_in_clear_makes_the_files_private() -> None:
    data = site(image={"proxy": {"https": LOGIN}})
    tree = tree_of(data, {"sccRegistrationCode": "x"})
    holding = {path for path, file in tree.files.items() if "it's" in file.text}
    assert {FILE, "definition.yaml", RANCHER} <= holding
    assert {tree.files[path].mode for path in holding} == {PRIVATE}
    (finding,) = [item for item in found(data, "DS102") if item.path[:2] == ("image", "proxy")]
    assert "image.proxy.httpKey or httpsKey" in finding.fix


def test_a_login_as_a_secret() -> None:
    data = site(image={"proxy": {"httpsKey": "proxyUrl"}})
    secrets = ("proxyUrl", "sccRegistrationCode")
    plan = checked(data, secrets).plan
    assert plan is not None
    bare = build_tree(plan)
    assert FILE not in bare.files
    left = {(item.file, item.path) for item in bare.left_out if item.key == "proxyUrl"}
    assert left == {(file, ("image", "proxy", "httpsKey")) for file in (FILE, "definition.yaml", RANCHER)}
    whole = build_tree(plan, {"proxyUrl": LOGIN, "sccRegistrationCode": "x"})
    assert lines(whole)["HTTPS_PROXY"] == f'"{LOGIN}"'
    assert loaded(whole, RANCHER)["proxy"] == LOGIN
    assert loaded(whole, "definition.yaml")["operatingSystem"]["proxy"]["httpsProxy"] == LOGIN
    assert {file.mode for file in whole.files.values() if "it's" in file.text} == {PRIVATE}
    assert not [item for item in checked(data, secrets).findings if item.path[:2] == ("image", "proxy")]
    assert [item.path for item in found(data, "DS105", ()) if "proxyUrl" in item.message] == [
        ("image", "proxy", "httpsKey")
    ]


def test_a_secret_beside_a_url_is_told() -> None:
    data = site(image={"proxy": {"https": URL, "httpsKey": "proxyUrl"}})
    (finding,) = found(data, "DS097", ("proxyUrl",))
    assert (finding.path, finding.severity) == (("image", "proxy", "https"), "warning")


def test_the_users_own_file_stands() -> None:
    plan = plan_of(site(image={"proxy": {"https": URL}, "files": "eib"}))
    tree = build_tree(plan, None, Given(**{FILE: b"HTTPS_PROXY=mine\n"}))
    assert tree.files[FILE].text == "HTTPS_PROXY=mine\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [("http://a:1,b/[c]", "A=http://a:1,b/[c]"), ('p"w$\\`x', 'A="p\\"w\\$\\\\\\`x"'), ("a b", 'A="a b"')],
)
def test_values_are_quoted_for_systemd(value: str, written: str) -> None:
    assert fill("rke2.env.j2", role="server", values={"A": value}).splitlines()[1] == written
