"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AgentId = Annotated[str, typer.Argument(help="The agent's id", show_default=False)]
ScheduleId = Annotated[str, typer.Argument(help="The schedule's id", show_default=False)]
RunId = Annotated[str, typer.Argument(help="The run's id", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to show")]
Input = Annotated[str | None, typer.Option("--input", help="What the agent is asked")]
InputFile = Annotated[
    Path | None, typer.Option("--input-file", help="A file with what the agent is asked; - is standard input")
]


def input_text(text: str | None, file: Path | None) -> str:
    """What the agent is asked. Raises BadParameter unless it is said exactly once."""
    if (text is None) == (file is None):
        raise typer.BadParameter("give one of --input and --input-file")
    if text is not None:
        return text
    assert file is not None
    try:
        data = typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
        return data.decode()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--input-file") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file}: is not UTF-8 text", param_hint="--input-file") from error
