"""All checks: importing the modules that hold them registers them."""

from __future__ import annotations

from tests.sdk_versions.suite import agents, errors, extensions, idempotency, runs, schedules, versions
from tests.sdk_versions.suite.checks import checks

__all__ = ["agents", "checks", "errors", "extensions", "idempotency", "runs", "schedules", "versions"]
