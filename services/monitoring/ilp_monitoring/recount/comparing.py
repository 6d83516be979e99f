"""Lays two tables beside each other, both ways: missing, extra and wrong values. Called by run.py."""

from collections.abc import Callable, Mapping, Sequence

from ilp_monitoring.recount.findings import Finding

Key = tuple[str, ...]


def compare(
    table: str,
    expected: Mapping[Key, Sequence[int]],
    found: Mapping[Key, Sequence[int]],
    complain: Callable[[Finding], None],
) -> int:
    """Complain about every key whose values differ; returns how many keys were compared.

    A row of zeros equals a row that is not there.
    """
    keys = expected.keys() | found.keys()
    for key in sorted(key for key in keys if not _same(expected.get(key, ()), found.get(key, ()))):
        wanted, shown = tuple(expected.get(key, ())), tuple(found.get(key, ()))
        kind = "missing" if not any(shown) else "extra" if not any(wanted) else "wrong"
        complain(Finding(f"{table}_{kind}", " ".join(key), _show(wanted), _show(shown)))
    return len(keys)


def _same(wanted: Sequence[int], shown: Sequence[int]) -> bool:
    return tuple(wanted) == tuple(shown) or not (any(wanted) or any(shown))


def _show(values: tuple[int, ...]) -> str:
    return "/".join(map(str, values)) if values else "-"
