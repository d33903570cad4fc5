"""What every test starts from: no real AWS in reach, quiet logs, repeatable Hypothesis."""

from __future__ import annotations

import asyncio
import gc
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

from tests.support.examples import DEFAULT, scaled  # noqa: E402  (as the next line)
from tests.support.logs import LogWatch  # noqa: E402  (the logger is made with the variables above)

# Every `mock_aws` begins with a new session, which would read AWS's descriptions of its services once more.
botocore.session.create_loader = cache(botocore.session.create_loader)

settings.register_profile(
    "repeatable",
    max_examples=scaled(DEFAULT),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


SUITES = {
    "boundaries": "fuzz",
    "clients": "clients",
    "console": "console",
    "contract": "contract",
    "e2e": "e2e",
    "lambda_rie": "lambda_rie",
    "fuzz": "fuzz",
    "install": "install",
    "retries": "contract",
    "sdk_versions": "contract",
    "ministack": "ministack",
}
"""The folders that the fast suite leaves out, with the marker of each. `pytest -m contract` runs those marked so."""
TESTS = Path(__file__).parent


@cache
def suite_of(path: Path) -> str | None:
    """The marker of a path's folder, if it has one."""
    return SUITES.get(path.relative_to(TESTS).parts[0]) if path.is_relative_to(TESTS) and path != TESTS else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no folder of a suite unless its marker or its path is asked for, and no other one where a marker is."""
    if collection_path == TESTS or not collection_path.is_relative_to(TESTS):
        return None
    suite, wanted = suite_of(collection_path), set(re.findall(r"\w+", config.option.markexpr)) & {*SUITES.values()}
    if wanted:
        return None if suite in wanted else True
    named = [Path(argument.partition("::")[0]).resolve() for argument in config.invocation_params.args]
    return None if suite is None or any(suite_of(path) == suite for path in named) else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of its folder."""
    for item in items:
        if suite := suite_of(item.path):
            item.add_marker(suite)


def pytest_sessionstart() -> None:
    """Look for no garbage while tests are imported and collected: all of that lives until the end."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage again, but less often, and never among what was collected."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def logged() -> Iterator[LogWatch]:
    """What the service logs during a test. A key or a prompt in it fails the test, whatever it is about."""
    watch = LogWatch()
    watch.start()
    yield watch
    watch.stop()
    assert not watch.leaks(), "a key or a prompt was logged"


@pytest.fixture(scope="module")
def own_loop() -> Iterator[None]:
    """Give Mangum an event loop and close it. Mangum would make one that is never closed."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()
