"""Write a file: the same values give the same text.

Members come in the order of the model and the defaults are left out. A string is quoted unless every reader of YAML,
1.1 included, takes it for a string; text of several lines is a block.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from agent_schedules_cli.fleet_file.ordered import ordered_agent

_PLAIN = re.compile(r"[A-Za-z]([A-Za-z0-9 _./@-]*[A-Za-z0-9_./@-])?", re.ASCII)
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}  # values of YAML 1.1
_NEVER_WRAP = 1 << 30


def file_text(agents: list[dict[str, Any]]) -> str:
    """Return the YAML of agents, each with its `schedules`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import SafeRepresenter

    class Representer(SafeRepresenter):
        """Chooses the style of strings, and writes a value that occurs twice twice."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

        def represent_str(self, data: str) -> Any:
            return self.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))

    Representer.add_representer(str, Representer.represent_str)
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = Representer
    yaml.default_flow_style = False
    yaml.width = _NEVER_WRAP
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # declared as None
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = StringIO()
    yaml.dump({"version": 1, "agents": [ordered_agent(agent) for agent in agents]}, written)
    return written.getvalue()


def _style(text: str) -> str | None:
    if "\n" in text and _is_block(text):
        return "|"
    return None if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else '"'


def _is_block(text: str) -> bool:
    """Whether a block keeps the text as it is in every reader: no blanks at the ends of lines or before the first."""
    lines = text.split("\n")
    return (
        not text.startswith(("\n", " ", "\t"))
        and not text.endswith("\n\n")
        and all(line.isprintable() and line == line.rstrip() for line in lines)
    )
