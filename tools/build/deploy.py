"""`make deploy`: runs `sam deploy` on the build, with a revision that changes whenever the deployment's text does.

Functions are invoked through an alias, which SAM moves to a new version only for the changes that it sees: code and the
template's text, but not the values of parameters, nor a layer under a condition. So a hash of parameters,
template and layers becomes one more parameter, `Revision`. How many requests and workers there may be at once follows
the account's concurrency (`shares.py`), where samconfig.toml does not say.

`--check`, before the build, finds what would fail after it. `PARAMETERS` in the environment, such as
`GatewaySecretArn=arn:…`, goes before samconfig.toml; what neither names an existing stack keeps.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from typing import Any

from agent_schedules_cli.aws import client
from agent_schedules_cli.aws_errors import region
from agent_schedules_cli.errors import WRONG_USE, Failure, as_failures
from dev.template import TEMPLATE, load_template
from tools.build.shares import of_account, without_choices
from tools.requirements import of_layers

ROOT = TEMPLATE.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
CONFIG = ROOT / "samconfig.toml"
_REVISION = re.compile(r"(^|\s)\"?Revision=")


KEYLESS = (
    "GatewaySecretArn is not set: a new stack calls the gateway without a key, an existing one keeps what it has. "
    'To set it: make deploy PARAMETERS="GatewaySecretArn=arn:…"'
)


def overrides(config: dict[str, Any], environment: str) -> str:
    """Return the parameters of an environment in samconfig.toml as one line. Raises LookupError."""
    known = ", ".join(name for name in config if isinstance(config[name], dict) and "deploy" in config[name])
    if environment not in config:
        raise LookupError(f"samconfig.toml has no environment {environment}; it has {known}")
    value = config[environment].get("global", {}).get("parameters", {}).get("parameter_overrides", "")
    line = " ".join(value) if isinstance(value, list) else str(value)
    if "parameter_overrides" in config[environment].get("deploy", {}).get("parameters", {}):
        raise LookupError("parameter_overrides belong under global, or the build would not know the architecture")
    return line


def merged(line: str, parameters: str) -> str:
    """Return one line of parameters, in which `parameters` override `line`. Raises LookupError if one is malformed."""
    if not parameters.strip():
        return line
    chosen = _named(parameters)
    if "Architecture" in chosen:
        raise LookupError("Architecture belongs in samconfig.toml, where the build reads it too")
    kept = {name: value for name, value in _named(line).items() if name not in chosen}
    return " ".join(
        f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in {**kept, **chosen}.items()
    )


def checked(line: str) -> None:
    """Raise LookupError for a parameter that the template lacks, or a value that it does not allow."""
    declared = load_template()["Parameters"]
    for name, value in _named(line).items():
        if name not in declared:
            raise LookupError(
                f"template.yaml has no parameter {name}; docs/reference/parameters.md lists those there are"
            )
        allowed = declared[name].get("AllowedValues")
        if allowed is not None and value not in [str(one) for one in allowed]:
            raise LookupError(f"{name}={value}: must be one of {', '.join(str(one) for one in allowed)}")
        if not re.fullmatch(declared[name].get("AllowedPattern", ".*"), value):
            expected = declared[name].get("ConstraintDescription", "does not match the template's pattern")
            raise LookupError(f"{name}={value}: {expected}")


def _named(line: str) -> dict[str, str]:
    """Return the values of a line of parameters by name. Raises LookupError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise LookupError(f"Parameters are written Name=value Other=value, not {line!r} ({error})") from error
    bare = next((word for word in words if "=" not in word), None)
    if bare is not None:
        raise LookupError(f"Parameters are written Name=value Other=value, not {bare!r}")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def revision(given: str, sources: str) -> str:
    """Return a text that differs for other parameters or other sources."""
    return hashlib.sha256(f"{given}\n{sources}".encode()).hexdigest()[:12]


def command(
    config: dict[str, Any],
    environment: str,
    sources: str,
    found: Callable[[], dict[str, int]] = dict,
    parameters: str = "",
) -> list[str]:
    """Return the `sam deploy` command. `found` returns the defaults of parameters that the environment does not set."""
    given = merged(overrides(config, environment), parameters)
    given = f"{given} {without_choices(found(), given)}".strip()
    if not _REVISION.search(given):
        given = f"{given} Revision={revision(given, sources)}".strip()
    return [str(SAM), "deploy", "--config-env", environment, "--parameter-overrides", given]


def main(arguments: list[str] | None = None) -> int:
    """Deploy, or check whether a deployment is possible."""
    parser = argparse.ArgumentParser(description="Deploy what was built to an environment of samconfig.toml.")
    parser.add_argument("environment")
    parser.add_argument("--check", action="store_true", help="only say what would fail after the build")
    parser.add_argument("--check-environment", action="store_true", help="the same, without asking AWS")
    options = parser.parse_args(arguments)
    try:
        with as_failures():
            return _deployed(options, os.environ.get("PARAMETERS", ""))
    except Failure as failure:
        print(" ".join(str(failure).split()), file=sys.stderr)
        return failure.code


def _deployed(options: argparse.Namespace, parameters: str) -> int:
    config = tomllib.loads(CONFIG.read_text("utf-8"))
    try:
        given = merged(overrides(config, options.environment), parameters)
        checked(given)
    except LookupError as error:
        raise Failure(error.args[0], WRONG_USE) from error
    if options.check_environment:
        return 0
    if options.check:
        client("sts").get_caller_identity()
        if not _named(given).get("GatewaySecretArn"):
            print(KEYLESS)
        return 0
    sources = TEMPLATE.read_text("utf-8") + of_layers()
    line = command(config, options.environment, sources, of_account, parameters)
    # SAM reads AWS_DEFAULT_REGION only.
    environ = os.environ | ({"AWS_DEFAULT_REGION": chosen} if (chosen := region()) else {})
    return subprocess.run(line, cwd=ROOT, check=False, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
