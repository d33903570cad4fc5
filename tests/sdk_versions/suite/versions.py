"""Versions of agents: what makes one, what does not, and rolling back."""

from __future__ import annotations

from typing import Any

from tests.sdk_versions.suite import expect
from tests.sdk_versions.suite.agents import FULL
from tests.sdk_versions.suite.checks import check_of
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.expect import same, version_of, wire


@check_of("list_agent_versions")
def every_change_of_an_agent_makes_a_version(sdk: Driver) -> None:
    first = sdk("create_agent", **sdk.having("create_agent", **FULL))
    same(sdk, sdk("get_agent_version", agent_id=first.id, version=1), version_of(first, 1))
    second = sdk("update_agent", agent_id=first.id, name="b", metadata={})
    sdk("update_agent", agent_id=first.id, name="b")  # changes nothing
    expected = [version_of(second, 2), version_of(first, 1, is_current=False)]
    assert numbers(sdk, first.id) == [2, 1]
    for found, fields in zip(sdk("list_agent_versions", agent_id=first.id).data, expected, strict=True):
        same(sdk, found, fields)
        same(sdk, sdk("get_agent_version", agent_id=first.id, version=found.version), wire(found))


@check_of("rollback_agent_version")
def a_rollback_makes_a_version_with_the_old_configuration(sdk: Driver) -> None:
    first = sdk("create_agent", **sdk.having("create_agent", **FULL))
    sdk("update_agent", agent_id=first.id, name="b", instructions=None)
    for _ in range(2):  # the second finds that it is so already
        third = sdk("rollback_agent_version", agent_id=first.id, version=1)
        same(sdk, third, wire(first) | {"version": 3, "updated_at": expect.moment})
        assert numbers(sdk, first.id) == [3, 2, 1]
    current = sdk("get_agent_version", agent_id=first.id, version=3)
    same(sdk, current, version_of(first, 3, restored_from_version=1))
    same(sdk, sdk("get_agent", agent_id=first.id), wire(third))
    sdk.fails(404, "rollback_agent_version", agent_id=first.id, version=4)
    sdk.fails(404, "get_agent_version", agent_id=first.id, version=4)


@check_of("list_agent_versions")
def versions_are_listed_page_by_page(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a1", model="echo").id
    for number in range(2, 6):
        sdk("update_agent", agent_id=agent, name=f"a{number}")
    assert numbers(sdk, agent) == [5, 4, 3, 2, 1]
    assert numbers(sdk, agent, order="asc", limit=5) == [1, 2, 3, 4, 5]
    assert numbers(sdk, agent, more=True, limit=2) == [5, 4]
    assert numbers(sdk, agent, more=True, limit=2, order="asc") == [1, 2]
    if sdk.has("list_agent_versions", "offset"):
        assert numbers(sdk, agent, more=True, limit=2, offset=2) == [3, 2]
        assert numbers(sdk, agent, limit=2, offset=3, order="asc") == [4, 5]
        assert numbers(sdk, agent, offset=5) == []


@check_of("list_agent_versions")
def a_run_says_which_version_it_used(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="slow-3600").id
    runs = [sdk("create_agent_run", agent_id=agent, input="x")]
    sdk("update_agent", agent_id=agent, model="echo")
    runs.append(sdk("create_agent_run", agent_id=agent, input="x"))
    assert [run.agent_version for run in runs] == [1, 2]


def numbers(sdk: Driver, agent_id: str, *, more: bool = False, **paging: Any) -> list[int]:
    """The numbers of a page of versions."""
    found = sdk("list_agent_versions", agent_id=agent_id, **paging)
    expect.page(sdk, found, [version.id for version in found.data], more=more)
    return [version.version for version in found.data]
