"""`make deploy`: `sam deploy` of what was built, with a revision that changes whenever the deployment's text does.

Functions are invoked through an alias, and SAM moves it to a new version only for changes that it sees: code and the
template's text, not the values of parameters, nor a layer that stands under a condition. So a hash of parameters,
template and layers becomes one more parameter, `Revision`. How many requests and workers there may be at once follows
the account's concurrency (`shares.py`), where samconfig.toml does not say.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from typing import Any

from dev.template import TEMPLATE
from tools.shares import of_account, without_choices
from tools.vulnerabilities import requirements

ROOT = TEMPLATE.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
CONFIG = ROOT / "samconfig.toml"
_REVISION = re.compile(r"(^|\s)\"?Revision=")


def overrides(config: dict[str, Any], environment: str) -> str:
    """The parameters that samconfig.toml gives an environment, as one line. Raises LookupError."""
    if environment not in config:
        known = ", ".join(name for name in config if isinstance(config[name], dict) and "deploy" in config[name])
        raise LookupError(f"samconfig.toml has no environment {environment}; it has {known}")
    value = config[environment].get("global", {}).get("parameters", {}).get("parameter_overrides", "")
    line = " ".join(value) if isinstance(value, list) else str(value)
    if "parameter_overrides" in config[environment].get("deploy", {}).get("parameters", {}):
        raise LookupError("parameter_overrides belong under global, or the build would not know the architecture")
    return line


def revision(given: str, sources: str) -> str:
    """Another text for other parameters or other sources."""
    return hashlib.sha256(f"{given}\n{sources}".encode()).hexdigest()[:12]


def command(
    config: dict[str, Any],
    environment: str,
    sources: str,
    found: Callable[[], dict[str, int]] = dict,
) -> list[str]:
    """`sam deploy`, with its arguments. `found`: parameters that hold where the environment does not choose."""
    given = overrides(config, environment)
    given = f"{given} {without_choices(found(), given)}".strip()
    if not _REVISION.search(given):
        given = f"{given} Revision={revision(given, sources)}".strip()
    return [str(SAM), "deploy", "--config-env", environment, "--parameter-overrides", given]


def main() -> int:
    """Deploy."""
    parser = argparse.ArgumentParser(description="Deploy what was built to an environment of samconfig.toml.")
    parser.add_argument("environment")
    environment = parser.parse_args().environment
    try:
        line = command(
            tomllib.loads(CONFIG.read_text("utf-8")),
            environment,
            TEMPLATE.read_text("utf-8") + requirements(),
            of_account,
        )
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    return subprocess.run(line, cwd=ROOT, check=False, env=os.environ).returncode


if __name__ == "__main__":
    sys.exit(main())
