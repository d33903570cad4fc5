"""Texts that do harm where a page takes them for more than texts."""

from __future__ import annotations

HOSTILE = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "\"><svg onload='window.owned = 1'>",
    "' onfocus='window.owned = 1' autofocus='",
    "javascript:window.owned=1",
    "${window.owned = 1}{{window.owned = 1}}",
    "</title><iframe srcdoc='<script>top.owned = 1</script>'>",
    "<a href='javascript:window.owned=1'>click</a>",
    "<style>*{display:none}</style>",
    "&lt;b&gt; \u202egnirts \u0000 \u2028 \ufeff",
)
"""For every field in which a caller may write."""
