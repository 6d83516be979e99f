"""LMS tables as few bytes, from which the printed decimals come back exactly.

A column is whole numbers over a power of ten. Of them the second differences are written, which are small; each as a
zig-zag varint: 7 bits a byte, lowest first. The order is: number of tables; of each the length of its name, its name
(`standard/table/sex`), first index, number of rows, and for L, M and S the number of decimals and the differences.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise

from ilp_screening.rules.lms.zscores import LmsTable, TableKey

_BITS, _MORE = 7, 0x80


def packed(tables: Mapping[TableKey, LmsTable]) -> bytes:
    """Return the tables as bytes."""
    return bytes(byte for part in _parts(tables) for byte in part)


def _parts(tables: Mapping[TableKey, LmsTable]) -> Iterator[bytes]:
    yield _varint(len(tables))
    for key, table in tables.items():
        name = "/".join(key).encode()
        rows = [row for at in range(table.start, table.stop + 1) if (row := table.at(at)) is not None]
        yield _varint(len(name)) + name + _varint(_zigzag(table.start)) + _varint(len(rows))
        for column in zip(*rows, strict=True):
            yield from _column(column)


def _column(values: Sequence[float]) -> Iterator[bytes]:
    decimals = next(n for n in count() if all(round(value * 10**n) / 10**n == value for value in values))
    numbers = [round(value * 10**decimals) for value in values]
    steps = [after - before for before, after in pairwise([0, *numbers])]
    yield _varint(decimals)
    yield from (_varint(_zigzag(after - before)) for before, after in pairwise([0, *steps]))


def _zigzag(number: int) -> int:
    """Return a number without sign: 0, −1, 1, −2 become 0, 1, 2, 3."""
    return 2 * number if number >= 0 else -2 * number - 1


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number >= _MORE:
        octets.append(number % _MORE | _MORE)
        number >>= _BITS
    return bytes((*octets, number))
