"""Collects the conditions of one list query with their numbered arguments; repositories add fragments of their own."""

from collections.abc import Sequence

from ilp_shared.areas import NATION


class Conditions:
    """Conditions joined by AND; `{}` in a fragment stands for an argument."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.args: list[object] = []

    def bind(self, value: object) -> str:
        """Add an argument and return its placeholder."""
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, fragment: str, *values: object) -> None:
        """Add a condition."""
        self._parts.append(fragment.format(*(self.bind(value) for value in values)))

    def within(self, column: str, areas: Sequence[str]) -> None:
        """Keep rows whose area is one of `areas` or lies below it; the range serves the index, the rest is exact."""
        if NATION in areas:
            return
        one = f"({column} >= {{}} AND {column} < {{}} AND starts_with({column} || '.', {{}}))"
        values = [value for area in areas for value in (area, f"{area}/", f"{area}.")]
        self.add(f"({' OR '.join([one] * len(areas)) or 'false'})", *values)

    @property
    def where(self) -> str:
        """The conditions as one expression."""
        return " AND ".join(self._parts) or "true"
