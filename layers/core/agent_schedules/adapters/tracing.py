"""X-Ray sees each call to AWS and to the gateway. Imported only where a deployment asks for it: importing its SDK takes
longer than anything else at a cold start."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import xray_recorder  # type: ignore[import-untyped]
from urllib3 import BaseHTTPResponse
from urllib3.util import parse_url

from agent_schedules.adapters.http_pool import Connections


class TracedPool(Connections):
    """Connections whose calls are subsegments. X-Ray's SDK has patches for other HTTP clients than urllib3."""

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **sent: Any
    ) -> BaseHTTPResponse:
        """One call."""
        parsed = parse_url(url)
        with xray_recorder.in_subsegment(parsed.host or url, namespace="remote") as subsegment:
            subsegment.put_http_meta("method", method)
            subsegment.put_http_meta("url", parsed._replace(query=None, fragment=None, auth=None).url)
            answer = super().urlopen(method, url, redirect, **sent)
            subsegment.put_http_meta("status", answer.status)
            return answer


def trace_aws() -> None:
    """Let botocore's calls be subsegments."""
    Tracer(patch_modules=("botocore",))
