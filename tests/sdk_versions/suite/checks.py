"""The register of checks, so that the tests can tell whether every one of them ran."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.sdk_versions.suite import declared

if TYPE_CHECKING:
    from tests.sdk_versions.suite.driver import Driver

Body = Callable[["Driver"], None]
_CHECKS: dict[str, tuple[Body, str | None]] = {}


def check(body: Body) -> Body:
    """A check of every version."""
    _CHECKS[body.__name__] = body, None
    return body


def check_of(operation: str) -> Callable[[Body], Body]:
    """A check of the versions that have an operation."""

    def register(body: Body) -> Body:
        _CHECKS[body.__name__] = body, operation
        return body

    return register


def checks(version: str) -> dict[str, Body]:
    """The checks of a version, by name."""
    had = declared.operations(version)
    return {name: body for name, (body, needed) in _CHECKS.items() if needed is None or needed in had}
