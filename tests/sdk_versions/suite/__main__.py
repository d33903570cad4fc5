"""`python -m tests.sdk_versions.suite --version 0.12.128 …`: what was found, as JSON lines.

One line says how the SDK differs from what is declared, one per check says what was wrong with it, one per operation
and mode says what of it was exercised.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import metadata
from types import ModuleType
from typing import Any

from tests.sdk_versions.suite import declared, everything, inspection
from tests.sdk_versions.suite.driver import Clients, Driver, Target


def main() -> None:
    """Run everything; the exit code says only whether that was possible."""
    parser = argparse.ArgumentParser()
    for option in ("--version", "--url", "--key", "--other-key", "--expired-agent"):
        parser.add_argument(option, required=True)
    asked = parser.parse_args()
    installed = metadata.version("meetkai-mka1")
    if installed != asked.version:
        raise SystemExit(f"installed is {installed}, asked for {asked.version}")
    sdk = importlib.import_module(declared.module_of(installed))
    alias = importlib.import_module("mka1")
    if alias.SDK is not sdk.SDK:
        raise SystemExit("`mka1` is not the same SDK")
    say(differences=inspection.differences(sdk, installed))
    target = Target(asked.url, asked.key, asked.other_key, asked.expired_agent)
    with ThreadPoolExecutor() as modes:  # at once, because much of the time is spent waiting for runs to end
        for done in [modes.submit(run, sdk, installed, mode, target) for mode in declared.MODES]:
            done.result()


def run(sdk: ModuleType, version: str, mode: str, target: Target) -> None:
    """Every check of a version in one mode, and what it came to."""
    with closing(Clients(sdk, mode, target.url)) as clients:
        check(mode, Driver(version, clients, target, None, {}))


def check(mode: str, anybody: Driver) -> None:
    """The checks, with clients of that mode."""
    for name, body in everything.checks(anybody.version).items():
        started = time.monotonic()
        problem = None
        try:
            # For a user of its own, so that no check sees what another one made.
            body(anybody.as_user(f"{anybody.version} {mode} {name}"))
        except Exception:  # whatever it is, it is the finding
            problem = traceback.format_exc()
        say(check=name, mode=mode, problem=problem, seconds=round(time.monotonic() - started, 2))
    for name, calls in anybody.record.items():
        say(
            operation=name,
            mode=mode,
            succeeded=calls.succeeded,
            envelopes=sorted(calls.envelopes),
            defaults=sorted(calls.defaults),
            parameters=sorted(calls.parameters),
        )


def say(**line: Any) -> None:
    """One line of the report."""
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
