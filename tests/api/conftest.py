"""What the tests of the API share."""

from __future__ import annotations

import pytest

from tests.support.api import Api


@pytest.fixture
def api() -> Api:
    """A service of its own, with one agent."""
    return Api()
