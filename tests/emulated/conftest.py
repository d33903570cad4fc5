"""One build and one account for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.emulated.account import Account, account
from tests.emulated.given import KEY, Given, made
from tools import built


@pytest.fixture(scope="session")
def aws() -> Iterator[Account]:
    with account() as found:
        yield found


@pytest.fixture(scope="session")
def functions(aws: Account) -> dict[str, built.Function]:
    """Every function of the template as `sam build` left it, in the account's environment."""
    built.build()
    return {
        name: built.Function(name, function.folder, function.layers, {**function.environment, **aws.environment})
        for name, function in built.functions(aws.known).items()
    }


@pytest.fixture
def given(aws: Account, functions: dict[str, built.Function]) -> Callable[[], Given]:
    """Makes a table with all that the event files name, and nothing on the queues."""

    def anew() -> Given:
        aws.clear(KEY)
        there = made(functions["api"].environment)
        aws.forget_messages()
        return there

    return anew
