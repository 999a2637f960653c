"""What both DNS resource types do alike: records of one name, ours from the first write to the last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from dualstack.probe.records import Values
from dualstack.tokens import INTERRUPTED
from provider.dns.dns_client import Client, KeyTrouble
from provider.dns.dns_inputs import TTL_LIMIT, Checks, inside
from provider.dns.record_sets import Found, look, remove, settle, write
from provider.frame.compare import compared
from provider.frame.handler import Diff, Failure, ResourceError, report

COMMON = ("record", "zone", "ttl", "server", "adopt")
OWNED = "owned"
"""Of the state: the values that we wrote, so that a delete leaves alone what somebody added and a refresh took in."""


class DnsHandler(ABC):
    """Records of one name in one zone.

    The id is the name. Another name or zone is another resource; values, TTL, server and key change in place.
    """

    token: str
    properties: ClassVar[Mapping[str, str]]
    """Type of record by the property that holds its values."""

    @abstractmethod
    def _check(self, checks: Checks) -> dict[str, Any]:
        """Read the properties that hold values; judge the normalised name with them."""

    @abstractmethod
    def _property(self, kind: str, texts: tuple[str, ...]) -> Any:
        """Write values as the property has them."""

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Normalise and judge."""
        checks = Checks(inputs)
        checks.only((*COMMON, *self.properties))
        zone = checks.name("zone", "the zone that holds the record")
        checked = {
            "record": checks.name("record", "the name of the record"),
            "zone": zone,
            **self._check(checks),
            "ttl": checks.integer("ttl", 0, TTL_LIMIT, "the TTL in seconds"),
            "server": checks.server(zone),
        }
        if not checks.failures and not inside(checked["record"], zone):
            checks.fail("record", f"{checked['record']} is not in the zone {zone}; name the zone that holds it")
        if checks.flag("adopt") is not False:
            checked["adopt"] = inputs["adopt"]
        return checked, checks.failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare what is there, as last seen, with what is wanted."""
        old = {key: value for key, value in old_state.items() if key not in (OWNED, INTERRUPTED)}
        diff = compared(old, new_inputs, replacing=("record", "zone"))
        if INTERRUPTED in old_state and not diff.changes:
            report(f"a run was killed while it changed {old_state['record']}: written again", passing=False)
            return Diff(True)
        return diff

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Write the records to a name that has none, or find that exactly these are there."""
        if not preview:
            self._write({}, inputs, timeout)
        return inputs["record"] if isinstance(inputs["record"], str) else "", self._state(inputs)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Look what the name has."""
        known = {**inputs, **state}
        if INTERRUPTED in state:
            return self._settled(id, inputs, state)
        if not known.get("server"):
            raise ResourceError(
                "records cannot be imported by name alone, as the zone's server and key are not known then; declare "
                "the resource: `pulumi up` adopts records that equal the plan, and others with `adopt: true`"
            )
        with _last_key():
            found = look(Client(known["server"], known["zone"], 0), known["record"], tuple(self.properties.values()))
        if found.empty:
            return None, {}, {}
        seen = self._seen(found, known)
        return id, {**inputs, **seen}, {**state, **seen}

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Write the new records in place of those that we know, if they are still so."""
        if not preview:
            begun = [self._values(one) for one in old_state.get(INTERRUPTED, ())]
            self._write(self._values(old_state), new_inputs, timeout, begun)
        return self._state(new_inputs)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Remove the records that we wrote, those of a run that was killed too."""
        begun = self._begun(state, timeout)
        if begun is not None:
            state = self._state(begun)
        client = Client(state["server"], state["zone"], timeout)
        with _last_key():
            remove(client, state["record"], self._values(state.get(OWNED, state)))

    def _settled(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Read a name that a killed run was at: it holds what that run wrote, or what we know."""
        begun = self._begun(state, 0)
        known = {key: value for key, value in state.items() if key != INTERRUPTED}
        if begun is not None:
            return id, begun, self._state(begun)
        if not any(self._values(state[OWNED]).values()):
            return None, {}, {}  # it was to be made, and was not
        return self.read(id, inputs, known)

    def _begun(self, state: dict[str, Any], timeout: float) -> dict[str, Any] | None:
        """Give what a killed run was about to write, where it is there."""
        all_: list[dict[str, Any]] = state.get(INTERRUPTED, [])
        if not all_:
            return None
        with _last_key():
            client = Client(all_[-1]["server"], state["zone"], timeout)
            values = [(self._values(one), one["ttl"]) for one in all_]
            found = settle(client, state["record"], values, self._values(state.get(OWNED, state)))
        return None if found is None else all_[found]

    def _write(self, before: Values, inputs: dict[str, Any], timeout: float, begun: Sequence[Values] = ()) -> None:
        client = Client(inputs["server"], inputs["zone"], timeout)
        adopt = bool(inputs.get("adopt"))
        wanted = self._values(inputs)
        write(client, inputs["record"], before, wanted, inputs["ttl"], adopt=adopt, begun=begun)

    def _values(self, properties: Mapping[str, Any]) -> Values:
        values: dict[str, tuple[str, ...]] = {}
        for name, kind in self.properties.items():
            value = properties.get(name, [])
            values[kind] = tuple(value if isinstance(value, list) else value.split(", ") if value else ())
        return values

    def _state(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return {**inputs, OWNED: {name: inputs[name] for name in self.properties}}

    def _seen(self, found: Found, known: Mapping[str, Any]) -> dict[str, Any]:
        """Give the properties as the server has them; of several TTLs one that is not the wanted one."""
        drifted = [ttl for ttl in found.ttls if ttl != known.get("ttl")]
        values = {name: self._property(kind, found.values.get(kind, ())) for name, kind in self.properties.items()}
        return {**values, "ttl": drifted[0] if drifted else known["ttl"]}


@contextmanager
def _last_key() -> Iterator[None]:
    """Say, where a key does not fit, which key it is: refresh and destroy know only what stands in state."""
    try:
        yield
    except KeyTrouble as error:
        raise ResourceError(
            f"{error}; refresh and destroy use the key of the last `pulumi up`: if the key was changed since, run "
            "`pulumi up` first"
        ) from error
