"""The requests of the echo gateway: the members of a body that it reads, and its refusals."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


class Refusal(Exception):
    """A request that is answered with OpenAI's error object."""

    def __init__(
        self, http: int, message: str, *, param: str | None = None, code: str | None = None, retry: str | None = None
    ) -> None:
        super().__init__(message)
        self.http = http
        self.headers = None if retry is None else {"Retry-After": retry}
        kind = "server_error" if http >= 500 else "invalid_request_error"
        self.error = {"message": message, "type": kind, "param": param, "code": code}


class CreateBody(BaseModel):
    """The members of a create request that are read. Defaults are OpenAI's; all but `input` are echoed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    model: str
    input: str | list[dict[str, Any]] = Field(exclude=True)
    background: bool = False
    conversation: dict[str, str] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, str] = {}
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    reasoning: dict[str, Any] = {}
    safety_identifier: str | None = None
    store: bool = True
    stream: Literal[False] = Field(default=False, exclude=True)
    temperature: float = Field(default=1.0, ge=0, le=2)
    text: dict[str, Any] = {}
    tool_choice: str | dict[str, Any] = "auto"
    tools: list[dict[str, Any]] = []
    top_logprobs: int = Field(default=0, ge=0, le=20)
    top_p: float = Field(default=1.0, ge=0, le=1)
    truncation: Literal["auto", "disabled"] = "disabled"
    user: str | None = None

    @field_validator("conversation", mode="before")
    @classmethod
    def _conversation(cls, value: object) -> object:
        named = value.get("id") if isinstance(value, dict) else value
        return {"id": named}

    def input_text(self) -> str:
        """Return the text that a model echoes: the input, or the text of the user's messages, concatenated."""
        if isinstance(self.input, str):
            return self.input
        found: list[str] = []
        for item in self.input:
            if item.get("role") != "user":
                continue
            content = item.get("content")
            parts = content if isinstance(content, list) else [{"type": "input_text", "text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "input_text"]
            found += [text for text in texts if isinstance(text, str)]
        return "".join(found)


def read_body(body: dict[str, Any]) -> CreateBody:
    try:
        # OpenAI treats null as "not given".
        return CreateBody.model_validate({name: value for name, value in body.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        param = str(first["loc"][0])
        if first["type"] == "missing":
            message, code = f"Missing required parameter: '{param}'.", "missing_required_parameter"
        else:
            message, code = f"Invalid value for '{param}': {first['msg']}.", "invalid_value"
        raise Refusal(400, message, param=param, code=code) from error
