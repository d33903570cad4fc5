"""One build and one account for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lambda_rie.account import Account, account
from tests.lambda_rie.given import KEY, Given, made
from tools.build import sam_build


@pytest.fixture(scope="session")
def aws() -> Iterator[Account]:
    with account() as found:
        yield found


@pytest.fixture(scope="session")
def functions(aws: Account) -> dict[str, sam_build.Function]:
    """Build every function of the template, and give each the account's environment."""
    sam_build.build()
    return {
        name: sam_build.Function(name, function.folder, function.layers, {**function.environment, **aws.environment})
        for name, function in sam_build.functions(aws.known).items()
    }


@pytest.fixture
def given(aws: Account, functions: dict[str, sam_build.Function]) -> Callable[[], Given]:
    """Return a function that fills the table with all that the event files name, and empties the queues."""

    def fill() -> Given:
        aws.clear(KEY)
        there = made(functions["api"].environment)
        aws.forget_messages()
        return there

    return fill
