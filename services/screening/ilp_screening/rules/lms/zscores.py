"""The LMS arithmetic of the WHO standards: table rows, interpolation and z-scores.

Source: WHO Child Growth Standards 2006, Methods and development, chapter 7 (restricted form beyond 3 SD), as
in the WHO anthro and anthroplus R packages.
"""

from array import array
from math import exp, log, trunc

Lms = tuple[float, float, float]
TableKey = tuple[str, str, str]
"""Standard, table, sex."""


class LmsTable:
    """L, M, S at consecutive whole indexes (days, months or steps of 0.1 cm) from `start` to `stop`."""

    __slots__ = ("_power", "_median", "_spread", "start", "stop")  # noqa: RUF023  # in the order L, M, S

    def __init__(self, start: int, power: "array[float]", median: "array[float]", spread: "array[float]") -> None:
        self.start = start
        self.stop = start + len(median) - 1
        self._power, self._median, self._spread = power, median, spread

    def at(self, position: float) -> Lms | None:
        """Return (L, M, S) at an index, linear between rows; None outside the table."""
        if not self.start <= position <= self.stop:
            return None
        low = trunc(position)
        part = position - low
        i = low - self.start
        power, median, spread = self._power, self._median, self._spread
        if part == 0:
            return power[i], median[i], spread[i]
        return (
            power[i] + part * (power[i + 1] - power[i]),
            median[i] + part * (median[i + 1] - median[i]),
            spread[i] + part * (spread[i + 1] - spread[i]),
        )


def value_at(z: float, lms: Lms) -> float:
    """Return the measurement that lies at z by the plain LMS formula."""
    power, median, spread = lms
    if power == 0:
        return median * exp(spread * z)
    return float(median * (1 + power * spread * z) ** (1 / power))


def z_score(y: float, lms: Lms, *, restricted: bool) -> float:
    """Return z of a positive measurement; restricted: beyond 3 SD in units of the distance from 2 SD to 3 SD."""
    power, median, spread = lms
    z = float((y / median) ** power - 1) / (spread * power) if power else log(y / median) / spread
    if not restricted or -3 <= z <= 3:
        return z
    if z > 3:
        sd3 = value_at(3, lms)
        return 3 + (y - sd3) / (sd3 - value_at(2, lms))
    sd3 = value_at(-3, lms)
    return -3 + (y - sd3) / (value_at(-2, lms) - sd3)
