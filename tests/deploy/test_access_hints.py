"""Errors of SSH logins get the field that mends them; that the plugin says so is tested with the plugin."""

from __future__ import annotations

import pytest

from dualstack.deploy.access_hints import NO_FILE, NO_LOGIN, NO_SUDO, OTHER_KEY
from dualstack.deploy.hints import with_ways_out
from tests import sites
from tests.components.support import ssh_site


@pytest.mark.parametrize(
    ("words", "told"),
    [
        *((words, "admin@fd00:100::10 port 22 has another key than host.ssh.hostKey") for words in OTHER_KEY),
        (NO_LOGIN, "does not take the private key in dualstack:hostKey (host.ssh.privateKeyKey)"),
        (NO_FILE, "see journalctl -u rke2-server there"),
        (NO_SUDO, "admin may not read the kubeconfig"),
    ],
)
def test_each_failure_has_its_field(words: str, told: str) -> None:
    plan = sites.checked(ssh_site()).plan
    assert plan is not None
    error = f"management-access-kubeconfig: after 5 failed attempts: ssh: {words}"

    lines = with_ways_out(error, plan).splitlines()
    assert lines[0] == error and len(lines) == 2 and told in lines[1]
    assert with_ways_out(error.replace("access-", "other-"), plan).count("\n") == 0
