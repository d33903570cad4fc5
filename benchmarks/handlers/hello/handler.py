"""A hello world as most would write it: FastAPI, Mangum, and the logs and metrics of Powertools."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

logger = Logger(service="hello")
metrics = Metrics(namespace="Hello", service="hello")
app = FastAPI()


class Hello(BaseModel):
    """The answer."""

    message: str


@app.get("/healthz")
def hello() -> Hello:
    """Say hello."""
    return Hello(message="hello")


_asgi = Mangum(app, lifespan="off")


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("Requests", "Count", 1)
    return _asgi(event, context)
