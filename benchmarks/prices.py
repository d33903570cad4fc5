"""The dated price table of `prices.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """The price of one unit, in dollars."""

    usd: float
    source: str
    secondary: bool


def prices() -> dict[str, Price]:
    """Read every price, by name."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: _price(entry) for name, entry in table.items()}


def _price(entry: dict[str, object]) -> Price:
    each, million = entry.get("usd"), entry.get("usd_per_million")
    if (each is None) == (million is None):
        raise ValueError("a price is for one unit or for a million")
    usd = float(str(each)) if each is not None else float(str(million)) / MILLION
    return Price(usd, str(entry["source"]), bool(entry["secondary"]))
