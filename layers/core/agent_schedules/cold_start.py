"""The first import of every function. It defers work that would slow the start and that no first invocation needs.

It disables the garbage collector, because imports create almost no garbage. And pydantic builds each model at its first
use: FastAPI alone has fifty models for the OpenAPI document, which callers rarely read from a function.
"""

from __future__ import annotations

import gc

gc.disable()

from pydantic import BaseModel  # noqa: E402 - its import makes many objects, so it comes after gc.disable()

BaseModel.model_config["defer_build"] = True


def over() -> None:
    """End the start. Later garbage collections ignore the objects that exist now."""
    BaseModel.model_config.pop("defer_build", None)
    gc.freeze()
    gc.enable()
