"""ES modules put together into one, in the forms that the linker knows, and its refusal of others."""

from __future__ import annotations

import pytest
from agent_schedules.console.linker import LinkError, linked

LIBRARY = 'import{a as b}from"other";const c=b+1;export{c as d,b};\n//# sourceMappingURL=library.mjs.map\n'
DEFAULT = "var n=1;export default function(s){return s+n}\n"
PACKAGES = {"library": "vendor/library.mjs", "other": "vendor/other.mjs", "default": "vendor/default.mjs"}


def test_modules_stand_in_the_order_of_their_imports() -> None:
    modules = {
        "main.js": 'import { b as c } from "./lib/b.js";\nc();\n',
        "lib/a.js": "export const a = 1;\n",
        "lib/b.js": 'import {\n  a,\n} from "../lib/a.js";\nexport function b() { return a; }\n',
    }
    assert linked(modules, "main.js", {}) == (
        "// lib/a.js\nconst $m0 = (() => {\nconst a = 1;\n\nreturn { a: a };\n})();\n"
        "// lib/b.js\nconst $m1 = (() => {\nconst { a } = $m0;\nfunction b() { return a; }\n\nreturn { b: b };\n})();\n"
        "// main.js\nconst $m2 = (() => {\nconst { b: c } = $m1;\nc();\n\nreturn {  };\n})();\n"
    )


def test_a_library_is_taken_as_it_is_published() -> None:
    modules = {
        "main.js": 'import * as all from "library";\nimport * as one from "default";\n',
        "vendor/library.mjs": LIBRARY,
        "vendor/other.mjs": "const z=1;export{z as a};",
        "vendor/default.mjs": DEFAULT,
    }
    text = linked(modules, "main.js", PACKAGES)
    assert "const { a: b }=$m0;const c=b+1;\nreturn { d: c, b: b };" in text
    assert "function $default(s){return s+n}\nreturn { default: $default };" in text
    assert "const all = $m1;\nconst one = $m2;" in text
    assert "sourceMappingURL" not in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('import a from "./a.js";\n', "main.js: the linker does not know this form: import a from"),
        ("export default 1;\n", "does not know this form: export default 1;"),
        ("export let a = 1;\n", "does not know this form: export let a = 1;"),
        ("const a = 1;\nexport { a };\n", "does not know this form: export { a };"),
        ('import { a } from "./missing.js";\n', "main.js: imports missing.js, which does not exist"),
        ('import { a } from "react";\n', "main.js: imports react, which is not among the vendored libraries"),
        ('import { a } from "./a.js";\n', "main.js: imports itself through a.js"),
    ],
)
def test_what_the_linker_cannot_take_is_refused(text: str, reason: str) -> None:
    modules = {"main.js": text, "a.js": 'import { b } from "./main.js";\nexport const a = b;\n'}
    with pytest.raises(LinkError) as refused:
        linked(modules, "main.js", PACKAGES)
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["const a=1;", "export const a=1;", 'import a from"b";export{a};import{b}from "c";'])
def test_a_library_in_another_form_is_refused(text: str) -> None:
    modules = {"main.js": 'import * as all from "library";\n', "vendor/library.mjs": text}
    with pytest.raises(LinkError):
        linked(modules, "main.js", PACKAGES)
