"""Trace each call to AWS and to the gateway with X-Ray. Imported only if a deployment enables tracing, because the
import of its SDK would be the longest part of a cold start."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import xray_recorder  # type: ignore[import-untyped]  # it has no types
from urllib3 import BaseHTTPResponse
from urllib3.util import parse_url

from agent_schedules.adapters.http_pool import Connections


class TracedPool(Connections):
    """Connections that record each call as a subsegment, because X-Ray's SDK does not patch urllib3."""

    def urlopen(  # type: ignore[override]  # fewer parameters than urllib3's, which passes them on
        self, method: str, url: str, redirect: bool = True, **sent: Any
    ) -> BaseHTTPResponse:
        """Make one call."""
        parsed = parse_url(url)
        with xray_recorder.in_subsegment(parsed.host or url, namespace="remote") as subsegment:
            subsegment.put_http_meta("method", method)
            subsegment.put_http_meta("url", parsed._replace(query=None, fragment=None, auth=None).url)
            answer = super().urlopen(method, url, redirect, **sent)
            subsegment.put_http_meta("status", answer.status)
            return answer


def trace_aws() -> None:
    """Record botocore's calls as subsegments."""
    Tracer(patch_modules=("botocore",))
