"""Every route of the document costs what a request to it is long, whatever its body and its query.

The routes and their parameters come from `docs/openapi.json`, so a new one is measured from its first day. All routes
share one parser of bodies and one of queries: a few routes get each hostile input, every route gets a few.
"""

from __future__ import annotations

import pytest
from agent_schedules.api.middleware import LARGEST_BODY

from tests.support.asgi import Raw
from tests.support.growth import MOST
from tests.support.hostile import ANYWHERE, Make, of
from tests.support.linear import JSON, KEY, LARGEST_HEAD, Service, growth_of, parameters, routes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


EACH_BODY = ["POST /api/v1/agents", "POST /api/v1/agents/{agent_id}/runs"]
A_FEW = ["members, the last twice", "members that are not known", "arrays at the deepest level"]
BODIES = [(name, route) for route in routes("POST", "PUT") for name in (ANYWHERE if route in EACH_BODY else A_FEW)]


@pytest.mark.parametrize(("name", "route"), BODIES)
def test_any_body_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    method, _, template = route.partition(" ")
    path = service.path(template)
    found = growth_of(service, lambda size: Raw(method, path, b"", (KEY, JSON), ANYWHERE[name](size)), LARGEST_BODY)
    assert found < MOST


QUERIES: dict[str, Make] = {
    "parameters": of(b"", b"a%d=1", b"", b"&"),
    "a parameter that is repeated": of(b"", b"limit=1", b"", b"&"),
    "ampersands": of(b"", b"&", b"", b""),
    "names without a value": of(b"", b"a", b"", b"&"),
    "a long name": of(b"", b"a", b"=1", b""),
    "escapes": of(b"after=", b"%41", b"", b""),
    "escapes of nothing": of(b"after=", b"%", b"", b""),
    "a long cursor": of(b"after=", b"A", b"", b""),
    "a long number": of(b"limit=", b"1", b"", b""),
    "a long negative number": of(b"offset=-", b"1", b"", b""),
    "a long order": of(b"order=", b"desc", b"", b""),
    "filters of metadata": of(b"", b"metadata.%d=x", b"", b"&"),
    "a long name of metadata": of(b"metadata.", b"a", b"=x", b""),
    "a long time": of(b"from=2026-05-01T09:00:00.", b"0", b"Z", b""),
    "a long status": of(b"status=", b"failed", b"", b","),
    "a long flag": of(b"deleted=", b"true", b"", b""),
}


EACH_QUERY = ["GET /api/v1/agents", "GET /api/v1/schedules", "GET /api/v1/upcoming"]
ASKED = [
    (name, route) for route in routes("GET", "DELETE") for name in (QUERIES if route in EACH_QUERY else ["parameters"])
]
VALUES = [(name, route) for route in routes("GET") for name in parameters(route)]


@pytest.mark.parametrize(("name", "route"), VALUES)
def test_a_long_parameter_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    path = service.path(route.partition(" ")[2])
    before = f"{name.replace('<key>', 'team')}=".encode()
    found = growth_of(service, lambda size: Raw("GET", path, before + b"1" * size, (KEY,)), LARGEST_HEAD)
    assert found < MOST


@pytest.mark.parametrize(("name", "route"), ASKED)
def test_a_hostile_query_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    method, _, template = route.partition(" ")
    path = service.path(template)
    assert growth_of(service, lambda size: Raw(method, path, QUERIES[name](size), (KEY,)), LARGEST_HEAD) < MOST
