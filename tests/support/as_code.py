"""Exports, and services to apply them to."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.cli import Cli
from tests.support.world import World


def exported(cli: Cli) -> str:
    """The file of a service."""
    result = cli.run("export")
    assert result.exit_code == 0, result.output
    return result.stdout


def empty() -> Cli:
    """The command line over a service without agents."""
    api = Api(World())
    api.ok("DELETE", api.at)
    return Cli(api)
