"""What goes wrong at a real BIND, and what is then said."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.tsig
import pytest

from provider.dns import dns_client
from provider.frame.handler import ResourceError
from tests.lab.bind import CLOSED, OPEN, OTHER, Bind
from tests.lab.proxy import Proxy
from tests.provider.dns.conftest import RECORDS, both, create, pair, update

WRITTEN = (("192.168.100.10",), ("fd00:100::10",), {600})


@pytest.fixture
def own_bind(tmp_path: Path) -> Iterator[Bind]:
    """A server that a test may stop."""
    with Bind(tmp_path) as server:
        yield server


def test_a_wrong_secret(bind: Bind, name: str) -> None:
    wrong = base64.b64encode(b"wrong" * 8).decode()
    server = bind.server(key={"name": "site-key", "algorithm": "hmac-sha512", "secret": wrong})
    with pytest.raises(ResourceError, match=r"different secrets for key site-key \(hmac-sha512\) \(BADSIG\)") as caught:
        create(pair(bind, name, server=server))
    assert wrong not in str(caught.value)


@pytest.mark.parametrize(("key", "algorithm"), [("nobody", "hmac-sha256"), ("site-key", "hmac-sha384")])
def test_an_unknown_key(bind: Bind, name: str, key: str, algorithm: str) -> None:
    secret = bind.secrets["site-key"]
    server = bind.server(key={"name": key, "algorithm": algorithm, "secret": secret})
    with pytest.raises(ResourceError, match=rf"does not know key {key} \({algorithm}\) \(BADKEY\)"):
        create(pair(bind, name, server=server))


def test_a_changed_key_is_known_to_the_next_up_only(bind: Bind, name: str) -> None:
    state = create(pair(bind, name))
    old = {**state, "server": bind.server(key={"name": "old", "algorithm": "hmac-sha256", "secret": "b2xkb2xk"})}
    for call in (lambda: RECORDS.read(name, {}, old), lambda: RECORDS.delete(name, old, 20)):
        with pytest.raises(ResourceError, match="if the key was changed since, run `pulumi up` first"):
            call()

    state = update(old, pair(bind, name))
    assert RECORDS.read(name, {}, state)[0] == name


@pytest.mark.parametrize("key", ["other-key", None])
def test_a_key_without_the_right(bind: Bind, name: str, key: str | None) -> None:
    signed = "key other-key (hmac-sha256)" if key else "no key"
    with pytest.raises(ResourceError) as caught:
        create(pair(bind, name, server=bind.server(key)))
    assert "REFUSED" in str(caught.value)
    assert f"does not let {signed} do this; on BIND: `update-policy {{ grant KEY zonesub ANY; }};`" in str(caught.value)


def test_a_zone_that_takes_no_updates(bind: Bind) -> None:
    with pytest.raises(ResourceError, match=f"did not do the update in zone {CLOSED}: REFUSED; .* allow-update"):
        create(pair(bind, f"a.{CLOSED}", zone=CLOSED))
    assert both(bind, f"a.{CLOSED}")[:2] == ((), ())


def test_a_zone_that_the_server_does_not_hold(bind: Bind) -> None:
    with pytest.raises(ResourceError, match=r"REFUSED; it does not hold elsewhere.example"):
        create(pair(bind, "a.elsewhere.example", zone="elsewhere.example"))


def test_a_zone_that_is_not_the_names_own(bind: Bind) -> None:
    """The server speaks for the name, but not for the zone that is to hold it."""
    with pytest.raises(ResourceError, match="NOTAUTH; it is not the primary of example"):
        create(pair(bind, f"a.{OPEN}", zone="example"))


def test_a_delegated_part_of_the_zone(bind: Bind) -> None:
    bind.edit(OTHER, {(f"deep.{OTHER}", "NS"): ("ns.invalid.",)})
    with pytest.raises(ResourceError, match="has delegated that part of it"):
        create(pair(bind, f"a.deep.{OTHER}", zone=OTHER, server=bind.server("other-key")))


def test_the_clock(bind: Bind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = dns.tsig.sign

    def late(*args: object, **settings: object) -> object:
        changed = list(args)
        assert isinstance(changed[3], int)
        changed[3] -= 4000
        return real(*changed, **settings)  # type: ignore[no-untyped-call]

    monkeypatch.setattr("dns.tsig.sign", late)
    with pytest.raises(ResourceError, match=r"the clocks of this machine and of .* \(BADTIME\); set them by NTP"):
        create(pair(bind, name))


def test_the_server_goes_down_in_the_middle(own_bind: Bind, name: str) -> None:
    state = create(pair(own_bind, name))
    own_bind.stop()
    changed = pair(own_bind, name, ipv6=["fd00:100::11"])
    for call in (
        lambda: update(state, changed),
        lambda: RECORDS.read(name, pair(own_bind, name), state),
        lambda: RECORDS.delete(name, state, 20),
    ):
        with pytest.raises(
            ResourceError, match=r"no connection to the name server 127.0.0.1 port .*Connection refused"
        ):
            call()

    own_bind.start()
    assert both(own_bind, name) == WRITTEN
    update(state, changed)
    assert both(own_bind, name)[1] == ("fd00:100::11",)


def test_a_server_without_an_address(bind: Bind, name: str) -> None:
    with pytest.raises(ResourceError, match=r"the name server ns.invalid has no address here"):
        create(pair(bind, name, server=bind.server(address="ns.invalid")))


def test_a_server_that_says_nothing(bind: Bind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_client, "QUERY_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        given = pair(bind, name, server=bind.server(port=silent.getsockname()[1]))
        with pytest.raises(ResourceError, match="took the connection, but gave no answer in time"):
            create(given)
        with pytest.raises(ResourceError, match=r"time is up before .* customTimeouts gives it more"):
            RECORDS.create(given, preview=False, timeout=1e-9)


def test_the_answer_to_an_update_is_lost(bind: Bind, name: str) -> None:
    """The connection breaks between update and answer: what the server did is found out at once."""
    with Proxy(bind.port, drop_updates=1) as proxy:
        state = create(pair(bind, name, server=bind.server(port=proxy.port)))
        update(state, pair(bind, name, server=bind.server(port=proxy.port), ttl=60))
    assert proxy.dropped == 1
    assert both(bind, name)[2] == {60}


@pytest.mark.parametrize("changed", [False, True])
def test_a_run_that_died_between_update_and_answer_is_taken_up(bind: Bind, name: str, changed: bool) -> None:
    """The update is done, nobody knows of it, and the next run finds its own work."""
    given = pair(bind, name)
    state = create(given) if changed else {}
    new = pair(bind, name, ipv4=["192.168.100.11"], ipv6=["fd00:100::11"])
    with Proxy(bind.port, drop_updates=1, dies=True) as proxy:
        through = {**new, "server": {**new["server"], "port": proxy.port}}
        with pytest.raises(ResourceError, match="not known whether the update was done; the next `pulumi up` looks"):
            update(state, through) if changed else create(through)
    assert both(bind, name)[:2] == (("192.168.100.11",), ("fd00:100::11",))

    again = update(state, new) if changed else create(new)
    assert again["owned"] == {"ipv4": ["192.168.100.11"], "ipv6": ["fd00:100::11"]}
    assert not RECORDS.diff(name, {}, again, new).changes


def test_a_delete_whose_answer_is_lost(bind: Bind, name: str) -> None:
    state = create(pair(bind, name))
    with Proxy(bind.port, drop_updates=1) as proxy:
        RECORDS.delete(name, {**state, "server": bind.server(port=proxy.port)}, 20)
    assert both(bind, name)[:2] == ((), ())


def test_somebody_writes_between_look_and_update(bind: Bind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prerequisites of the update hold what the look alone cannot."""
    send = dns_client.Client.send
    done = threading.Event()

    def late(self: dns_client.Client, message: object) -> None:
        if not done.is_set():
            done.set()
            bind.edit("paris.example", {(name, "AAAA"): ("2001:db8::7",)})
        send(self, message)  # type: ignore[arg-type]

    monkeypatch.setattr(dns_client.Client, "send", late)
    with pytest.raises(ResourceError, match="not ours: no A and AAAA 2001:db8::7"):
        create(pair(bind, name))
    assert both(bind, name)[:2] == ((), ("2001:db8::7",))
