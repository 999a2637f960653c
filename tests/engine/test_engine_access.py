"""A kubeconfig that is read from the host, with the real engine and a stand-in for pulumi-command."""

from __future__ import annotations

from pathlib import Path

from tests import sites
from tests.lab.leaks import leaks, shapes
from tests.lab.standins.project import Deployment

COMMAND = "management-access-kubeconfig"
ONE = ("cert-manager", "metal3", "rancher", "storage", "neuvector", "turtles")
KEY = "canary-0f1e2d3c: a private key"


def test_a_secret_everywhere_and_no_release_replaced(tmp_path: Path) -> None:
    lab = Deployment(tmp_path)
    site = sites.mapping(delivery="pulumi")
    site["charts"] = {key: {"enabled": key == "cert-manager"} for key in ONE}
    site["host"] = {
        "readiness": "off",
        "ssh": {"hostKey": sites.SSH_KEY, "privateKeyKey": "hostLogin"},
        "kubeconfig": {"source": "ssh", "server": "ipv6"},
    }
    lab.site(site)
    lab.init()
    lab.pulumi("config", "set", "--secret", "dualstack:hostLogin", "--", KEY)
    printed = [lab.pulumi("preview", "--diff", "--save-plan", str(tmp_path / "plan.json")), lab.up("--diff")]
    before = lab.resources()
    assert COMMAND in before

    site["host"]["kubeconfig"]["generation"] = 2
    lab.control.forget()
    lab.site(site)
    printed += [
        lab.up("--diff"),
        lab.pulumi("refresh", "--yes", "--skip-preview", "--diff"),
        lab.pulumi("stack", "export"),
    ]
    calls = [str(call) for call in lab.control.calls() if call.operation != "read"]
    assert sorted(calls) == [f"create {COMMAND}", f"delete {COMMAND}"]
    lab.pulumi("preview", "--expect-no-changes")

    for done in printed:
        assert not [one for one in shapes() if one in done.told.encode()]
    history = lab.folder / ".dualstack/state/.pulumi"
    assert list(history.glob("history/**/*.json")) and list(history.glob("backups/**/*.json*"))
    assert (tmp_path / "plan.json").is_file()
    assert leaks(lab.folder / ".dualstack") == []
    # What the plan holds is encrypted, too.
    assert tmp_path / "plan.json" not in leaks(tmp_path)
    lab.pulumi("destroy", "--yes", "--skip-preview")
