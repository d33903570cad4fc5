"""What the tests of the command line share."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.cli import Cli


@pytest.fixture
def api() -> Api:
    """A service of its own, with one agent, which has no key."""
    return Api()


@pytest.fixture
def cli(api: Api) -> Cli:
    """The command line over it."""
    return Cli(api)
