"""The console's routes: next to the API, and without a key."""

from __future__ import annotations

import re

import pytest
from agent_schedules.api.app import create_app

from tests.support.api import Api
from tests.support.client import Client
from tests.support.world import World

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9", "Authorization": ""}
PATHS = ("/console", "/console/schedules", "/console/agents/agt_1/runs/run_1?x=y")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_console_is_the_same_page(api: Api, path: str) -> None:
    page = api.client.get(path, headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert api.client.get(path, headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    assert page.text == api.client.get("/console").text


def test_the_page_names_assets_that_exist(api: Api) -> None:
    page = api.client.get("/console", headers=HTML).text
    for path in re.findall(r'"(/console/assets/[^"]+)"', page):
        asset = api.client.get(path, headers=HTML | {"Accept-Encoding": "gzip"})
        assert (asset.status_code, asset.headers["content-encoding"]) == (200, "gzip")
        assert "immutable" in asset.headers["cache-control"]
        api.refused("GET", re.sub("[0-9a-f]{16}", "0" * 16, path), status=404)


@pytest.mark.parametrize("path", ["/console/assets/x", "/console/assets/x/y/z", "/consoles"])
def test_what_is_no_asset_is_a_404(api: Api, path: str) -> None:
    assert "No such route" in api.refused("GET", path, status=404)


def test_a_browser_is_led_to_the_console_and_a_program_is_not(api: Api) -> None:
    led = api.client.get("/", headers=HTML)
    assert (led.status_code, led.headers["location"]) == (303, "/console")
    for method, accept in (("GET", "*/*"), ("POST", "text/html"), ("DELETE", "*/*")):
        answer = api.client.request(method, "/", headers={"Accept": accept})
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": {"message": f"No such route: {method} /; /docs lists them"}},
        )


def test_the_reference_is_a_page_for_browsers_alone(api: Api) -> None:
    assert api.client.get("/docs", headers=HTML).text == api.client.get("/console").text
    led = api.client.get("/docs", headers={"Accept": "*/*"})
    assert (led.status_code, led.headers["location"]) == (303, "/openapi.json")


def test_the_console_can_be_left_out() -> None:
    world = World()
    client = Client(create_app(world.ports, world.authenticator, console=False))
    for path in ("/", *PATHS):
        answer = client.get(path, headers=HTML)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert client.get("/docs", headers=HTML).headers["location"] == "/openapi.json"


def test_a_key_is_told_whose_it_is_and_what_it_may(api: Api) -> None:
    assert api.get("/api/v1/whoami") == {
        "object": "whoami",
        "tenant": "local",
        "scope": "admin",
        "on_behalf_of": None,
    }
    answer = api.client.get("/api/v1/whoami", headers={"X-On-Behalf-Of": "ada"}).json()
    assert (answer["tenant"], answer["on_behalf_of"]) == ("local", "ada")
