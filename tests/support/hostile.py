"""Hostile bodies and headers of any size: what parsers and checks are known to choke on."""

from __future__ import annotations

from collections.abc import Callable

HOURLY = b'{"type":"interval","interval_seconds":3600}'


def filled(size: int, before: bytes, part: bytes, after: bytes, *, between: bytes = b",") -> bytes:
    """As many parts as fit; `%d` in one is its number, always as wide."""
    width = len(part.replace(b"%d", b"123456") + between)
    count = max((size - len(before) - len(after)) // width, 1)
    parts = between.join([part.replace(b"%d", b"%06d" % number) for number in range(count)])
    return before + parts + after


Make = Callable[[int], bytes]


def of(before: bytes, part: bytes, after: bytes, between: bytes = b",") -> Make:
    """A body, or header, of a size."""
    return lambda size: filled(size, before, part, after, between=between)


ANYWHERE: dict[str, Make] = {
    "members, the last twice": of(b"{", b'"%d":0', b',"x":0,"x":0}'),
    "members, all twice": of(b"{", b'"%d":0,"%d":0', b"}"),
    "members that are not known": of(b"{", b'"%d":0', b"}"),
    "members with the same name": of(b"{", b'"a":0', b"}"),
    "one name": of(b'{"', b"a", b'":0}', b""),
    "arrays in arrays": of(b"", b"[", b"", b""),
    "objects in objects": of(b"", b'{"a":', b"", b""),
    "arrays at the deepest level": of(b"[" * 99, b"[]", b"]" * 99),
    "digits": of(b"[", b"9", b"]", b""),
    "digits of a fraction": of(b"[0.", b"9", b"]", b""),
    "zeros before an exponent": of(b"[0.", b"0", b"1e9]", b""),
    "digits of an exponent": of(b"[1e", b"9", b"]", b""),
    "whole numbers as long as they may be": of(b"[", b"9" * 4000, b"]"),
    "escapes": of(b'["', rb"\u00e9", b'"]', b""),
    "pairs of surrogates": of(b'["', rb"\ud83d\ude00", b'"]', b""),
    "halves of pairs": of(b'["', rb"\ud83d", b'"]', b""),
    "blanks": of(b"[", b" ", b"]", b""),
    "a text without an end": of(b'["', b"a", b"", b""),
    "bytes that are not UTF-8": of(b'["', b"\xc3", b'"]', b""),
}
"""What any body may be."""


def field(name: str, make: Make, *, schedule: bool = False) -> Make:
    """A body with a hostile field."""
    before = b'{"schedule":{' if schedule else b'{"schedule":%b,"input":"x","name":"a","model":"m",' % HOURLY
    return lambda size: b'%b"%b":%b%b' % (before, name.encode(), make(size), b"}}" if schedule else b"}")
