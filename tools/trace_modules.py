"""Count the modules and rooms of the core that a create and a fire pass, and how often control changes between them.

    python -m tools.trace_modules [--list]

Each operation runs once to warm up, then once under `sys.setprofile` with the real handlers and adapters; AWS and the
gateway answer from memory. A change is a call to a function of another module than that of the call before.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import agent_schedules

from benchmarks.warm import furnished_operations, unheard

CORE = str(Path(agent_schedules.__path__[0])) + "/"


def traced(work: Callable[[], Any]) -> list[str]:
    """Return the module of every call into the core while `work` runs, in order."""
    modules: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(CORE) and not frame.f_code.co_name.startswith("<"):
            modules.append(path.removeprefix(CORE).removesuffix(".py").replace("/", "."))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return modules


def main() -> None:
    """Print a line for each operation."""
    parser = argparse.ArgumentParser(description="Modules and changes of module of one create and one fire.")
    parser.add_argument("--list", action="store_true", help="name the modules, with the number of calls into each")
    parser.add_argument("--order", action="store_true", help="name the module of each change, in order")
    options = parser.parse_args()
    found: dict[str, list[str]] = {}
    with unheard(), furnished_operations() as (aws, operations):
        for operation in operations:
            for _ in range(2):
                aws.replay(operation.exchanges)
                found[operation.name] = traced(operation.invoke)
    for name, modules in found.items():
        changes = sum(before != after for before, after in pairwise(modules))
        rooms = [module.partition(".")[0] for module in modules]
        moves = sum(before != after for before, after in pairwise(rooms))
        print(
            f"{name}: {len(set(modules))} modules, {changes} changes of module, {len(set(rooms))} rooms, "
            f"{moves} changes of room, {len(modules)} calls"
        )
        if options.list:
            for module, calls in sorted(Counter(modules).items()):
                print(f"    {module} {calls}")
        if options.order:
            print("   ", *(after for before, after in pairwise(["", *modules]) if before != after))


if __name__ == "__main__":
    main()
