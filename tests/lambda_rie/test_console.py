"""The console from the built layer, in Lambda's runtime."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

from tests.lambda_rie.given import EVENTS
from tools.build import sam_build
from tools.build.emulator import emulated


def asked(path: str) -> dict[str, Any]:
    """An event of a browser that asks for a path."""
    event: dict[str, Any] = json.loads((EVENTS / "api_create_agent.json").read_text())
    event["requestContext"]["http"] |= {"method": "GET", "path": path}
    return event | {"rawPath": path, "body": None, "headers": {"accept": "text/html", "accept-encoding": "gzip"}}


def test_the_layer_has_the_console(functions: dict[str, sam_build.Function]) -> None:
    api = functions["api"]
    with emulated(api.folder, api.layers, api.environment) as emulator:
        page = emulator.invoke(asked("/console")).result
        shown = gzip.decompress(base64.b64decode(page["body"])).decode()
        for path in re.findall(r'"(/console/assets/[^"]+)"', shown):
            answer = emulator.invoke(asked(path)).result
            assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
        assert emulator.invoke(asked("/")).result["headers"]["location"] == "/console"


def test_the_console_can_be_switched_off(functions: dict[str, sam_build.Function]) -> None:
    api = functions["api"]
    with emulated(api.folder, api.layers, {**api.environment, "CONSOLE": "off"}) as emulator:
        assert emulator.invoke(asked("/console")).result["statusCode"] == 404
