"""The SDK's clients, sync or async, behind one way to call them, and a record of what was called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import ModuleType
from typing import Any, TypeVar

from tests.sdk_versions.suite import declared
from tests.sdk_versions.suite.declared import Operation
from tests.support.waiting import until

PATIENCE = 30.0  # real seconds that anything may take
OWN = ""  # stands for the driver's own key
_NAMED = {**declared.OPERATIONS, **declared.OUT_OF_SCOPE}
T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """The server, and what is there before the suite starts."""

    url: str
    key: str
    other_key: str
    """Another tenant's."""
    expired_agent: str
    """An agent that was deleted longer ago than it can be restored. It belongs to no user."""


@dataclass
class Calls:
    """What was called of one operation in one mode."""

    succeeded: int = 0
    envelopes: set[int] = field(default_factory=set)
    """Statuses raised as ErrorEnvelope."""
    defaults: set[int] = field(default_factory=set)
    """Statuses raised as SDKDefaultError."""
    parameters: set[str] = field(default_factory=set)


class Clients:
    """A client of the SDK for each key, all of one mode."""

    def __init__(self, sdk: ModuleType, mode: str, url: str) -> None:
        self.errors = sdk.errors
        self._make = sdk.SDK
        self._url = url
        self._loop = asyncio.new_event_loop() if mode == "async" else None
        self._clients: dict[str | None, Any] = {}

    def call(self, key: str | None, operation: Operation, name: str, arguments: dict[str, Any]) -> Any:
        """Call a method, or its async twin on this mode's own loop."""
        group = getattr(self._of(key), operation.group)
        if self._loop is None:
            return getattr(group, name)(**arguments)
        return self._loop.run_until_complete(getattr(group, f"{name}_async")(**arguments))

    def close(self) -> None:
        """Give back the connections."""
        for client in self._clients.values():
            if self._loop is None:
                client.__exit__(None, None, None)
            else:
                self._loop.run_until_complete(client.__aexit__(None, None, None))
        if self._loop is not None:
            self._loop.close()

    def _of(self, key: str | None) -> Any:
        if key not in self._clients:
            # A busy machine must not look like a lost reply: the SDK would send a create again.
            client = self._make(server_url=self._url, bearer_auth=key, timeout_ms=20_000)
            if self._loop is None:
                client.__enter__()
            else:
                self._loop.run_until_complete(client.__aenter__())
            self._clients[key] = client
        return self._clients[key]


@dataclass(frozen=True)
class Driver:
    """One user's way to call the SDK: with an operation's name and arguments.

    `fails` is for calls that must be refused. Anything else that a call raises, a ResponseValidationError first of
    all, fails the check.
    """

    version: str
    clients: Clients
    target: Target
    user: str | None
    """Sent as X-On-Behalf-Of with every call."""
    record: dict[str, Calls]

    def has(self, name: str, parameter: str | None = None) -> bool:
        """Whether this version has an operation, and a parameter of it."""
        found = declared.operations(self.version).get(name)
        return found is not None and (parameter is None or parameter in declared.parameters(self.version, found))

    def having(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The arguments whose parameters this version has."""
        return {name: value for name, value in arguments.items() if self.has(operation, name)}

    def __call__(self, operation: str, /, **arguments: Any) -> Any:
        """Call an operation and return its parsed result."""
        result = self._call(self.target.key, operation, arguments)
        self._calls(operation).succeeded += 1
        return result

    def fails(self, status: int, operation: str, /, *, key: str | None = OWN, **arguments: Any) -> str:
        """Call an operation that must be refused with that status, in the class the contract says.

        Returns the message. `key` stands in for the driver's own.
        """
        errors = self.clients.errors
        as_envelope = status in declared.envelopes(self.version, _NAMED[operation])
        try:
            # Without retries, or a 502 would take 15 seconds.
            result = self._call(self.target.key if key == OWN else key, operation, {**arguments, "retries": None})
        except (errors.ErrorEnvelope, errors.SDKDefaultError) as error:
            refusal: Any = error
        else:
            raise AssertionError(f"{operation}: succeeded instead of {status}: {result!r}")
        assert refusal.status_code == status, f"{operation}: {refusal.status_code}, not {status}: {refusal.body}"
        assert type(refusal) is (errors.ErrorEnvelope if as_envelope else errors.SDKDefaultError)
        message = json.loads(refusal.body)["error"]["message"]
        assert isinstance(message, str)
        assert message
        calls = self._calls(operation)
        if as_envelope:
            assert refusal.message == refusal.data.error.message == message
            calls.envelopes.add(status)
        else:
            calls.defaults.add(status)
        return message

    def as_user(self, user: str | None) -> Driver:
        """The same for another user."""
        return replace(self, user=user)

    def as_tenant(self, key: str) -> Driver:
        """The same with another key."""
        return replace(self, target=replace(self.target, key=key))

    def now(self) -> datetime:
        """The server's present."""
        moment: datetime = self.as_user("clock")("create_agent", name="clock", model="echo").created_at
        return moment

    def until(self, look: Callable[[], T | None]) -> T:
        """Poll until there is something to see."""
        return until(look, PATIENCE)

    def _calls(self, operation: str) -> Calls:
        return self.record.setdefault(operation, Calls())

    def _call(self, key: str | None, name: str, arguments: dict[str, Any]) -> Any:
        operation = _NAMED[name]
        self._calls(name).parameters.update(arguments.keys() & declared.parameters(self.version, operation).keys())
        return self.clients.call(key, operation, name, {"x_on_behalf_of": self.user, **arguments})
