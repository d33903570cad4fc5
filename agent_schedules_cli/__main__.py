"""`python -m agent_schedules_cli`."""

from __future__ import annotations

from agent_schedules_cli.app import main

main()
