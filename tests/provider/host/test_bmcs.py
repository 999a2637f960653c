"""BMCs that differ from the schemas' plain one, and machines that are not what the site says: no harm, and words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2
from sushy import connector  # type: ignore[import-untyped]

from dualstack.probe.connect import Probe, Status
from dualstack.tokens import INSTALLATION
from provider.frame.handler import CANCELLED, REPORT, Incomplete, ResourceError
from provider.host import begun, computer, evidence
from provider.host.installation import InstallationHandler
from tests.lab.bmc import free_port
from tests.lab.provider import ProviderProcess, struct, urn
from tests.lab.redfish import MAC, MANAGER, SYSTEM, Odd, odd

HANDLER = InstallationHandler(pause=0.02)
CD = f"{MANAGER}/VirtualMedia/Cd"
OTHER_MAC = "34:8a:b1:4b:20:99"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a project that has an image."""
    (tmp_path / "image.iso").write_bytes(b"an image")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(computer, "SHOWN_SECONDS", 0.2)
    monkeypatch.setattr(computer, "_PAUSE", 0.02)
    monkeypatch.setattr(connector.time, "sleep", lambda _seconds: None)  # before it tries again


@pytest.fixture
def told() -> Iterator[list[str]]:
    lines: list[str] = []
    token = REPORT.set(lambda text, level: lines.append(text))
    yield lines
    REPORT.reset(token)


def inputs(bmc: Odd, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "site": "lyon",
        "node": "mgmt-1",
        "url": bmc.url,
        "username": "admin",
        "password": "correct-horse",
    }
    given |= {"media": "image.iso", "servePort": 0, "generation": 1, "addresses": {"ipv4": "127.0.0.1"}}
    return {**given, "port": bmc.port, "timeout": 5, "macs": [MAC], **more}


@contextmanager
def lab(**how: Any) -> Iterator[Odd]:
    with odd(port=free_port("ipv4"), **how) as bmc:
        yield bmc


def install(bmc: Odd, **more: Any) -> dict[str, Any]:
    return HANDLER.create(inputs(bmc, **more), preview=False, timeout=0)[1]


def replaced(**what: Any) -> Any:
    """Give a change of what is shown; None takes a member out."""
    return lambda found: {key: value for key, value in {**found, **what}.items() if value is not None}


def allowed(*resets: str) -> Any:
    target = f"{SYSTEM}/Actions/ComputerSystem.Reset"
    return replaced(
        Actions={"#ComputerSystem.Reset": {"target": target, "ResetType@Redfish.AllowableValues": list(resets)}}
    )


def boots(*targets: str) -> Any:
    return replaced(Boot={"BootSourceOverrideTarget@Redfish.AllowableValues": list(targets)})


def error(name: str, words: str = "", **info: Any) -> dict[str, Any]:
    told = {"MessageId": f"Base.1.8.{name}", "Message": words, **info}
    return {"error": {"code": f"Base.1.8.{name}", "message": words, "@Message.ExtendedInfo": [told]}}


def wants_protocol(method: str, path: str, body: Any) -> Any:
    """As Supermicro and others do."""
    if path.endswith("InsertMedia") and body.get("TransferProtocolType") != "HTTP":
        return 400, error("ActionParameterMissing", RelatedProperties=["#/TransferProtocolType"])
    return None


def wants_no_mode(method: str, path: str, body: Any) -> Any:
    wrong = method == "PATCH" and "BootSourceOverrideMode" in body["Boot"]
    return (400, error("PropertyNotWritable", "BootSourceOverrideMode is read-only")) if wrong else None


def wants_other_drive(method: str, path: str, body: Any) -> Any:
    """As Cisco, whose first drive is for its own console alone."""
    return (400, error("ActionNotSupported")) if path.startswith(f"{CD}/") else None


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"answer": wants_protocol},
        {"answer": wants_no_mode},
        {"answer": wants_other_drive, "drives": {"Cd": "", "Cd2": ""}},
        {"shown": {SYSTEM: boots("UsbCd", "Hdd")}},
        {"shown": {SYSTEM: allowed("ForceOn", "PowerCycle")}},
        {"shown": {SYSTEM: allowed("PushPowerButton")}},
        {"shown": {CD: replaced(MediaTypes=None)}},
        {"shown": {CD: replaced(Inserted=None)}},
        {"shown": {SYSTEM: replaced(UUID=None, EthernetInterfaces=None)}},
        {"shown": {"/redfish/v1": replaced(SessionService=None, Links=None)}},
    ],
)
def test_bmcs_of_many_kinds_install_and_are_left_tidy(how: dict[str, Any]) -> None:
    with lab(**how) as bmc:
        state = install(bmc)
        assert (state["installed"], state["how"]) == (1, "installed")
        assert bmc.power == "On" and len(bmc.resets()) == 1
        assert not any(bmc.drives.values())
        assert not bmc.sessions  # a BMC has a handful, and keeps each for half an hour
        assert not begun.noted(inputs(bmc))


def test_an_image_that_is_shown_late_is_waited_for() -> None:
    """A BMC that answers 202, and fetches afterwards."""
    looks = []

    def late(found: dict[str, Any]) -> dict[str, Any]:
        looks.append(found["Inserted"])
        return {**found, "Image": None, "Inserted": False} if sum(looks) < 3 else found

    with lab(shown={CD: late}) as bmc:
        assert install(bmc)["how"] == "installed"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"shown": {SYSTEM: replaced(PowerState=None)}}, "does not tell whether the machine is on"),
        ({"shown": {SYSTEM: replaced(PowerState="Rebooting")}}, "does not tell whether the machine is on"),
        ({"shown": {SYSTEM: replaced(PowerState="PoweringOn")}}, r"mgmt-1 is on, and does not answer"),
        ({"shown": {SYSTEM: boots("Pxe", "Hdd")}}, "start from Hdd, Pxe only, and from no virtual CD"),
        ({"shown": {SYSTEM: allowed("ForceOff")}}, "can do ForceOff with the machine, none of which starts it"),
        ({"shown": {CD: replaced(Image="", Inserted=False)}}, "its drive is empty after 0 s: can the BMC reach"),
        ({"shown": {SYSTEM: replaced(Links={})}}, "has no virtual CD"),
        ({"shown": {SYSTEM: lambda _: "<html>hello</html>"}}, "gives an answer that is no Redfish"),
        ({"shown": {"/redfish/v1/Systems": lambda _: {"Members": 5}}}, "no Redfish|refuses"),
        (
            {"answer": lambda m, p, b: (400, error("GeneralError", "no \x1b[31mway\a")) if "Insert" in p else None},
            r"no \?\[31mway\?",
        ),
        ({"shown": {f"{SYSTEM}/EthernetInterfaces/1": replaced(MACAddress=OTHER_MAC)}}, f"has the NICs {OTHER_MAC}"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_the_machine_as_it_was(how: dict[str, Any], words: str) -> None:
    with lab(**how) as bmc:
        with pytest.raises(ResourceError, match=words):
            install(bmc)
        assert not bmc.resets() and not bmc.sessions
        assert not any(bmc.drives.values())
        assert bmc.boot.get("BootSourceOverrideEnabled", "Disabled") == "Disabled"
        assert not begun.noted(inputs(bmc))


def test_a_bmc_that_shows_not_all_nics_is_named_in_the_site() -> None:
    with lab(shown={f"{SYSTEM}/EthernetInterfaces/1": replaced(MACAddress=OTHER_MAC)}) as bmc:
        assert install(bmc, installOver=True)["how"] == "installed"


def test_a_machine_that_somebody_switches_on_meanwhile_is_left_alone() -> None:
    with lab() as bmc:

        def by_hand(_method: str, path: str, _body: Any) -> None:
            if path.endswith("InsertMedia"):
                bmc.power = "On"

        bmc.answer = by_hand
        with pytest.raises(ResourceError, match="was switched on by somebody else meanwhile"):
            install(bmc)
        assert not bmc.resets() and not bmc.drives["Cd"]
        assert bmc.boot["BootSourceOverrideEnabled"] == "Disabled"


def test_a_run_that_is_ended_empties_the_drive_and_is_gone_on_with() -> None:
    """As by SIGTERM: nobody serves the image any more."""
    with lab(shown={f"{SYSTEM}/EthernetInterfaces": replaced(Members=[])}) as bmc:
        port, bmc.port = bmc.port, 0
        timer = threading.Timer(0.3, CANCELLED.set)
        timer.start()
        with pytest.raises(Incomplete, match="cannot go on installing") as cut:
            install(bmc, port=port)
        timer.join()
        CANCELLED.clear()
        assert not bmc.drives["Cd"] and not bmc.sessions
        bmc.port = port
        given = inputs(bmc)
        assert HANDLER.update("id", cut.value.state, given, given, False, 0)["how"] == "installed"
        assert bmc.resets() == ["On", "ForceRestart"]


def test_after_the_engine_alone_was_killed_the_note_goes_on(told: list[str]) -> None:
    """No state was written, and the provider emptied the drive."""
    with lab(power="On") as bmc:
        begun.note(inputs(bmc))
        HANDLER.create(inputs(bmc), preview=True, timeout=0)
        assert told == ["installs mgmt-1: its disk is wiped, unless it answers: its installation was cut off"]
        HANDLER.create(inputs(bmc, generation=2, installOver=True), preview=True, timeout=0)
        assert told[1:] == ["installs mgmt-1: its disk is wiped, unless it answers: host.redfish.installOver names it"]
        assert not begun.noted(inputs(bmc, generation=2)) and not begun.noted(inputs(bmc, url="http://[::1]"))
        assert install(bmc)["how"] == "installed"


def test_whether_a_machine_lives_is_not_known_without_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    with lab(power="On") as bmc:
        begun.note(inputs(bmc))
        monkeypatch.setattr(evidence, "connect", lambda *_: Probe(Status.NO_ROUTE))
        with pytest.raises(ResourceError, match=r"nothing here has a route to 127\.0\.0\.1"):
            install(bmc, installOver=True)
        assert not bmc.sent[1:-1]  # between login and logout


def test_an_image_that_a_person_inserted_is_no_installation_of_ours() -> None:
    media = "https://images.example.com/mgmt.iso"
    with lab(power="On", drives={"Cd": media}) as bmc:
        with pytest.raises(ResourceError, match="is on, and does not answer"):
            install(bmc, media=media)
        assert bmc.drives["Cd"] == media


def state_of(bmc: Odd, **more: Any) -> dict[str, Any]:
    machine = "da69abcc-dae0-4913-9a7b-d344043097c0"
    return {**inputs(bmc), "installed": 2, "how": "installed", "machine": machine, "generation": 2, **more}


@pytest.mark.parametrize("preview", [True, False])
def test_a_generation_that_goes_back_is_refused(preview: bool) -> None:
    """As after `git revert`: nobody said that the machine is to be wiped."""
    with lab(power="On") as bmc:
        with pytest.raises(ResourceError, match=r"Write generation: 2 to leave it as it is, or 3"):
            HANDLER.update("id", state_of(bmc), {}, inputs(bmc), preview, 0)
        assert not bmc.sent


def test_another_machine_behind_the_bmc_is_judged_anew() -> None:
    """As where the BMCs of two nodes were exchanged in the site, together with another generation."""
    with lab(power="On") as bmc:
        with pytest.raises(ResourceError, match="is on, and does not answer"):
            HANDLER.update("id", state_of(bmc, machine="another"), {}, inputs(bmc, generation=3), False, 0)
        assert not bmc.resets()


@pytest.mark.parametrize("before", ["da69abcc-dae0-4913-9a7b-d344043097c0", "", None])
def test_a_higher_generation_installs_the_same_machine_again(before: str | None) -> None:
    with lab(power="On") as bmc:
        new = HANDLER.update("id", state_of(bmc, machine=before), {}, inputs(bmc, generation=3), False, 0)
        assert (new["installed"], new["how"]) == (3, "installed")


@pytest.mark.parametrize("of_ours", [True, False])
def test_destroy_takes_out_what_a_killed_run_left_and_nothing_else(of_ours: bool, told: list[str]) -> None:
    image = f"http://192.0.2.1:8000/{'x' * 43}/lyon/{'mgmt-1' if of_ours else 'mgmt-2'}/1.iso"
    with lab(power="On", drives={"Cd": image}) as bmc:
        HANDLER.delete("id", {**inputs(bmc), "how": "killed"}, 0)
        assert bmc.drives["Cd"] == ("" if of_ours else image)
        assert not bmc.resets() and not bmc.sessions
    HANDLER.delete("id", {**inputs(bmc), "url": "http://127.0.0.1:9"}, 0)
    assert "whether an image is left in its drive was not seen" in told[-2]
    assert told[-1] == "mgmt-1 stays as it is, with all that is on it"


def test_no_proxy_gets_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with lab() as bmc:
        assert install(bmc)["how"] == "installed"


def test_a_provider_whose_engine_is_gone_empties_the_drive_before_it_ends(tmp_path: Path) -> None:
    """The engine takes its call with it: nobody but the thread itself knows that it works."""
    with lab() as bmc, ProviderProcess(cwd=tmp_path) as process:
        given = inputs(bmc, port=free_port("ipv4"), timeout=600)
        call = process.stub.Create.future(
            provider_pb2.CreateRequest(urn=urn(INSTALLATION), properties=struct(given)), timeout=60
        )
        end = time.monotonic() + 30
        while not bmc.resets() and time.monotonic() < end:
            time.sleep(0.02)
        assert bmc.drives["Cd"]
        call.cancel()
        process.end()
        assert not bmc.drives["Cd"]
