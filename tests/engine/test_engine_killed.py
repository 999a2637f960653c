"""Runs that are killed in the middle, and two runs at once, with the real engine and stand-in providers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import CONFIG_MAP, DOMAIN, NETWORK, RELEASE, SERVICE_PATCH, VOLUME
from tests.lab.standins.project import Deployment, kill, small_site

COUNTS = {DOMAIN: 1, NETWORK: 1, VOLUME: 2, RELEASE: 4, CONFIG_MAP: 2, SERVICE_PATCH: 1}


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def killed(lab: Deployment, fault: Fault) -> None:
    """Let a run hang at a call, and kill the CLI, the program and every plugin at once."""
    lab.control.set(fault)
    process = lab.start("up", "--yes", "--skip-preview")
    try:
        lab.control.wait_for_hold()
        lab.settle()
    finally:
        kill(process)
    lab.control.set()


def pending(lab: Deployment) -> list[tuple[str, str]]:
    """Give what the state says was under way: operation and name."""
    operations = lab.state().get("pending_operations") or ()
    return [(one["type"], one["resource"]["urn"].split("::", 3)[3]) for one in operations]


def counts(lab: Deployment) -> dict[str, int]:
    return {type_: len(things) for type_, things in lab.control.world().items()}


def converged(lab: Deployment) -> None:
    """See that all is there once, in state and in the world, and that nothing is left to do."""
    assert counts(lab) == COUNTS
    ids = {thing["id"] for things in lab.control.world().values() for thing in things.values()}
    state = lab.resources()
    assert {one["id"] for one in state.values() if one["type"] in COUNTS} == ids
    assert pending(lab) == []
    lab.pulumi("preview", "--expect-no-changes")


def test_killed_before_the_effect(lab: Deployment) -> None:
    lab.site(small_site())
    lab.init()
    killed(lab, Fault(NETWORK, "management-network-virtual", "create", do="hang"))
    assert ("creating", "management-network-virtual") in pending(lab)

    # The lock is still there, and names its way out.
    refused = lab.up(code=1)
    assert "the stack is currently locked by 1 lock(s)" in refused.stderr
    assert "pulumi cancel" in refused.stderr
    lab.pulumi("cancel", "--yes")

    told = lab.up()
    assert "pending operations" in told.told
    assert "management-network-virtual, interrupted while creating" in told.told
    clear(lab)
    converged(lab)


def clear(lab: Deployment) -> None:
    """Forget pending creates; each was made by a later run."""
    lab.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def test_killed_after_the_effect(lab: Deployment) -> None:
    """What was made and never told: the next run names it, makes no second one, and goes on once it is removed."""
    lab.site(small_site())
    lab.init()
    killed(lab, Fault(NETWORK, "management-network-virtual", "create", do="hang", after=True))
    lab.pulumi("cancel", "--yes")
    refused = lab.up(code=1).told
    assert "management-network-virtual, interrupted while creating" in refused
    assert "network 'lab-mgmt-1' already exists" in refused
    assert counts(lab)[NETWORK] == 1
    lab.control.thing(NETWORK, "lab-mgmt-1").unlink()  # as `virsh net-undefine` does
    lab.up()
    clear(lab)
    converged(lab)


def test_killed_while_a_replacement_deletes(lab: Deployment) -> None:
    site = small_site()
    lab.deployed(site)
    machine = lab.resources()["management-host-vm"]["urn"]
    site["host"]["libvirt"]["diskSize"] = 120
    lab.site(site)
    killed(lab, Fault(VOLUME, "management-host-disk", "delete", do="hang"))
    assert ("deleting", "management-host-disk") in pending(lab)
    lab.pulumi("cancel", "--yes")
    # The machine was deleted before its disk, and the engine deletes it again: it must be told that it is gone.
    told = lab.up(code=1).told
    assert "management-host-disk, interrupted while deleting" in told
    lab.pulumi("state", "delete", "--yes", "--target-dependents", machine)
    lab.up()
    converged(lab)


def test_two_at_once(lab: Deployment) -> None:
    lab.site(small_site())
    lab.init()
    fault = Fault(NETWORK, "management-network-virtual", "create", do="hang")
    lab.control.set(fault)
    first = lab.start("up", "--yes", "--skip-preview")
    try:
        lab.control.wait_for_hold()
        second = lab.up(code=1)
        assert "the stack is currently locked by 1 lock(s)" in second.stderr
        # A preview takes no lock and is not refused.
        lab.pulumi("preview")
        lab.control.set()
        stdout, stderr = first.communicate(timeout=60)
        assert first.returncode == 0, stdout + stderr
    finally:
        kill(first)
    assert [str(call) for call in lab.control.calls()].count("create management-network-virtual") == 1
    converged(lab)
