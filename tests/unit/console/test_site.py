"""The files of the console as they are served: names with a hash, compression, conditions."""

from __future__ import annotations

import gzip
import re

from agent_schedules.console import site

from tools.checks.console import LARGEST, vendored, weight, written


def test_the_assets_are_named_by_a_hash_of_them_all() -> None:
    page = site.page(None).body.decode()
    assert set(re.findall(r"/console/assets/(\w+)/(\S+)\"", page)) == {
        (site.version(), "console.css"),
        (site.version(), "console.js"),
    }
    assert re.fullmatch("[0-9a-f]{16}", site.version())
    assert site.asset("0" * 16, "console.js") is None
    assert site.asset(site.version(), "site.py") is None


def test_an_asset_is_kept_for_ever_and_the_page_is_not() -> None:
    script = site.asset(site.version(), "console.js")
    assert script is not None
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert site.page(None).headers["Cache-Control"] == "no-cache"


def test_a_file_is_compressed_where_that_is_accepted() -> None:
    plain, packed = site.page(None), site.page(None, accepts="br, gzip")
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_a_known_file_is_not_sent_again() -> None:
    first = site.page(None)
    again = site.page(None, known=f"W/{first.headers['ETag']}")
    assert (again.status, again.body) == (304, b"")
    assert site.page(None, known='"other"').status == 200


def test_a_key_is_named_where_it_is_public() -> None:
    assert b'name="local-key" content=""' in site.page(None).body
    assert b'content="lo&lt;cal"' in site.page("lo<cal").body


def test_no_inline_script_or_style_is_allowed_or_present() -> None:
    policy = dict(part.split(" ", 1) for part in site.POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", site.page(None).body.decode())


def test_the_console_is_what_the_check_wants() -> None:
    assert [*vendored(), *written()] == []
    assert sum(weight().values()) < LARGEST
