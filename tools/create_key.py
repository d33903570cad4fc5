"""Make an API key for a tenant of a deployed stack. The key itself is shown once and kept nowhere."""

from __future__ import annotations

import argparse
import sys

from agent_schedules.api_keys import SCOPES
from agent_schedules.bootstrap import keyring
from agent_schedules.errors import AgentSchedulesError


def main(arguments: list[str] | None = None) -> int:
    """Store the key's SHA-256 and print the key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, help="the stack's output TableName")
    parser.add_argument("--tenant", required=True, help="whom the key belongs to")
    parser.add_argument("--scope", default="write", choices=SCOPES, help="what it allows; admin acts for users too")
    parser.add_argument("--name", help="what it is for")
    options = parser.parse_args(arguments)
    try:
        key, secret = keyring(options.table).create(options.tenant, options.scope, name=options.name)
    except AgentSchedulesError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"{key.id}, scope {key.scope}", file=sys.stderr)
    print(secret)
    return 0


if __name__ == "__main__":
    sys.exit(main())
