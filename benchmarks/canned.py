"""AWS with recorded answers: moto answers a call the first time, and from then on the answer comes from memory."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import get_session
from moto.core.models import botocore_stubber


@dataclass(frozen=True)
class Exchange:
    """A recorded call and its answer."""

    service: str
    operation: str
    arguments: dict[str, Any]
    status: int
    headers: dict[str, str]
    content: bytes


class _Raw(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self) -> Any:
        yield self.read()


class CannedAws:
    """Makes clients, and is what they talk to."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._session = get_session()
        self._made: dict[str, Any] = {}
        self._recording: list[Exchange] | None = None
        self._arguments: dict[str, Any] = {}
        self._left: dict[str, list[Exchange]] = {}

    def client(self, service: str) -> Any:
        """The client of that service."""
        if service not in self._made:
            made = self._session.create_client(service, config=self._config)
            made.meta.events.register_first("provide-client-params", self._called)
            made.meta.events.register_first("before-send", self._sent)  # type: ignore[arg-type]  # may answer
            self._made[service] = made
        return self._made[service]

    def record(self, work: Callable[[], Any]) -> list[Exchange]:
        """Do it once on moto; what was asked and answered."""
        self._recording = []
        try:
            work()
            return self._recording
        finally:
            self._recording = None

    def replay(self, exchanges: list[Exchange]) -> None:
        """Let the next calls get these answers, each operation in its order."""
        self._left = {}
        for exchange in reversed(exchanges):
            self._left.setdefault(exchange.operation, []).append(exchange)

    def bare(self, exchanges: list[Exchange]) -> None:
        """The same calls by nothing but their clients."""
        for exchange in exchanges:
            getattr(self._made[exchange.service], xform_name(exchange.operation))(**exchange.arguments)

    def _called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self._recording is not None:
            self._arguments[model.name] = copy.deepcopy(params)

    def _sent(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        service, operation = event_name.split(".")[1:]
        if self._recording is not None:
            answer = botocore_stubber(event_name, request)
            assert answer is not None
            headers = {str(name): str(value) for name, value in answer.headers.items()}
            asked = self._arguments.pop(operation)
            known = Exchange(service, operation, asked, answer.status_code, headers, answer.content)
            self._recording.append(known)
        elif self._left:
            known = self._left[operation].pop()
        else:
            return None  # moto's, while the account is furnished
        return AWSResponse(request.url, known.status, HTTPHeaders.from_dict(known.headers), _Raw(known.content))
