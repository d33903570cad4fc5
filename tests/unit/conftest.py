"""What the unit tests share."""

from __future__ import annotations

import pytest

from tests.support.world import World


@pytest.fixture
def world() -> World:
    """The service in memory, on a clock that only the test moves."""
    return World()
