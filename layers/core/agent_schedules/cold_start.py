"""The first import of every function: what would slow its start and no first invocation needs is put off.

Nothing that is made meanwhile is garbage, so nobody looks for any. And pydantic builds a model when it is first used:
FastAPI alone has fifty, for a document that hardly anybody asks a function for.
"""

from __future__ import annotations

import gc

gc.disable()

from pydantic import BaseModel  # noqa: E402 - importing it makes much that is no garbage

BaseModel.model_config["defer_build"] = True


def over() -> None:
    """The function has started. Later searches for garbage leave out what was made until then."""
    BaseModel.model_config.pop("defer_build", None)
    gc.freeze()
    gc.enable()
