"""The cost of each operation and each occurrence: requests to AWS, DynamoDB's units, events, bytes.

    python -m benchmarks.calls            print the tables
    python -m benchmarks.calls --write    put them into docs/explanation/performance.md

Requests and units are counted on the strict fakes. tests/adapters/test_wire_calls.py compares these counts with the
requests that the adapters send. Bytes are those of the adapters' bodies on moto.
"""

from __future__ import annotations

from collections.abc import Sequence

from moto import mock_aws

from benchmarks.alone import alone
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from tests.support import occurrences
from tests.support.api import Api
from tests.support.measured import PROMPTS, measured, prepared
from tests.support.operations import OPERATIONS, ROUTES, operation_of
from tests.support.wired_world import WiredWorld

KB = 1000


def _named(name: str) -> str:
    """Return method and path of an operation, without the prefix of all paths."""
    operation = operation_of(name)
    method, path = ROUTES[operation]
    return f"`{method} {path.removeprefix('/api/v1').replace('_id}', '}')}`{name[len(operation) :]}"


def _plain(number: float) -> str:
    return f"{number:g}"


def routes() -> str:
    """Of every operation, with both prompts."""
    rows = []
    for name in OPERATIONS:
        short, long = (measured(name, prompt) for prompt in PROMPTS.values())
        counts = (short.dynamodb, short.scheduler, short.sqs, short.events)
        units = (short.write_units, long.write_units, short.read_units, long.read_units)
        rows.append([_named(name), *map(_plain, (*counts, *units))])
    head = ["operation", "DynamoDB", "Scheduler", "SQS", "events"]
    return table(head + [f"{kind} units, {prompt}" for kind in ("write", "read") for prompt in PROMPTS], rows)


def kinds() -> str:
    """Of an occurrence of every kind, in both modes."""
    rows = []
    for background in (False, True):
        for name in occurrences.KINDS:
            found = [occurrences.measured(name, prompt, background=background) for prompt in PROMPTS.values()]
            (short, invocations), (long, _) = found
            counts = (short.calls, short.dynamodb, short.scheduler, short.sqs, short.gateway, invocations, short.events)
            units = (short.write_units, long.write_units, short.read_units, long.read_units)
            rows.append([name, "background" if background else "synchronous", *map(_plain, (*counts, *units))])
    head = ["occurrence", "gateway", "AWS calls", "DynamoDB", "Scheduler", "SQS", "gateway calls", "invocations"]
    units_of = [f"{kind} units, {prompt}" for kind in ("write", "read") for prompt in PROMPTS]
    return table([*head, "events", *units_of], rows)


def counted() -> str:
    """The tables of what is counted, the same on every machine."""
    return f"{routes()}\n\n{kinds()}"


def sent() -> str:
    """The table of bytes."""
    rows = []
    for name in OPERATIONS:
        cells = [_named(name)]
        for prompt in PROMPTS.values():
            with mock_aws():  # each in a world of its own, because an operation may find what an earlier one made
                world = WiredWorld()
                send = prepared(Api(world), name, prompt=prompt)
                world.wire.sent.clear()
                send()
                sent = list(world.wire.sent)
            out, back = sum(one.bytes_out for one in sent), sum(one.bytes_in for one in sent)
            cells += [f"{out / KB:.1f}", f"{back / KB:.1f}"]
        rows.append(cells)
    head = [f"KB {way}, {prompt}" for prompt in PROMPTS for way in ("sent", "received")]
    return table(["operation", *head], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or put them into the document too."""
    parser = parser_of("Calls, units and bytes of every operation.", PERFORMANCE)
    given = parser.parse_args(arguments)
    alone()
    sections = {"benchmarks.calls": counted(), "benchmarks.calls, bytes": sent()}
    for name, body in sections.items():
        show(PERFORMANCE, name, body, write=given.write)


if __name__ == "__main__":
    main()
