"""The LMS arithmetic against the WHO tables read independently, and its properties."""

from array import array
from bisect import bisect_left
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.lms.zscores import Lms, LmsTable, value_at, z_score
from ilp_screening.rules.quantities import half_up
from tests.unit.screening.conftest import WhoRows
from tests.unit.screening.judging import pack_of

RESTRICTED = {"wfa", "wfl", "wfh", "bmifa", "acfa", "tsfa", "ssfa"}
lms_values = st.tuples(st.floats(-3, 3), st.floats(2, 150), st.floats(0.02, 0.2)).filter(
    lambda lms: (abs(lms[0] * lms[2] * 3) < 0.9 and abs(lms[0]) > 1e-6) or lms[0] == 0
)


def by_hand(z: float, power: float, median: float, spread: float) -> float:
    return float(median * (1.0 + power * spread * z) ** (1.0 / power))


def row(who_rows: WhoRows, key: tuple[str, str, str], x: float) -> tuple[float, float, float]:
    rows = who_rows[key]
    first, *lms = rows[bisect_left(rows, (x, float("-inf"), 0.0, 0.0))]
    assert first == x
    return lms[0], lms[1], lms[2]


def test_every_row_of_the_table_is_loaded_and_has_its_median_at_zero(packs: Packs, who_rows: WhoRows) -> None:
    counted = 0
    for (standard, indicator, sex), rows in who_rows.items():
        table = pack_of(packs, "growth").material.tables[standard, indicator, {"M": "male", "F": "female"}[sex]]
        steps = 10 if indicator in {"wfl", "wfh"} else 1
        assert (table.start, table.stop) == (round(rows[0][0] * steps), round(rows[-1][0] * steps))
        for x, *expected in rows:
            lms = table.at(round(x * steps))
            assert lms == tuple(expected)
            assert z_score(expected[1], lms, restricted=indicator in RESTRICTED) == 0
            counted += 1
    assert counted == 28480


@pytest.mark.parametrize(
    ("key", "x", "z", "published"),
    [
        (("WHO2006", "wfa", "M"), 365, 0, 9.6),
        (("WHO2006", "wfa", "F"), 365, 0, 8.9),
        (("WHO2006", "lhfa", "F"), 730, -2, 80.0),
        (("WHO2006", "lhfa", "F"), 731, -2, 79.3),
        (("WHO2006", "lhfa", "M"), 731, 0, 87.1),
        (("WHO2007", "bmifa", "M"), 228, 2, 29.7),
    ],
)
def test_published_values(
    packs: Packs, who_rows: WhoRows, key: tuple[str, str, str], x: float, z: float, published: float
) -> None:
    power, median, spread = row(who_rows, key, x)
    exact = by_hand(z, power, median, spread) if z else median
    assert exact == pytest.approx(published, abs=0.06)
    table = pack_of(packs, "growth").material.tables[key[0], key[1], {"M": "male", "F": "female"}[key[2]]]
    lms = table.at(x)
    assert lms is not None
    assert z_score(exact, lms, restricted=key[1] in RESTRICTED) == pytest.approx(z, abs=1e-9)


@pytest.mark.parametrize("z", [-5.5, -4.0, -3.0, 3.0, 3.5, 6.25])
@pytest.mark.parametrize("key", [("WHO2006", "wfa", "M"), ("WHO2006", "bmifa", "F"), ("WHO2007", "bmifa", "F")])
def test_restricted_form_counts_in_steps_of_the_last_sd(who_rows: WhoRows, key: tuple[str, str, str], z: float) -> None:
    _, *lms = who_rows[key][40]
    side = 1 if z > 0 else -1
    sd2, sd3 = by_hand(2 * side, *lms), by_hand(3 * side, *lms)
    y = sd3 + (abs(z) - 3) * (sd3 - sd2)
    assert z_score(y, (lms[0], lms[1], lms[2]), restricted=True) == pytest.approx(z, abs=1e-9)


@given(lms=lms_values, low=st.floats(0.3, 2.5), step=st.floats(1e-4, 0.5), restricted=st.booleans())
def test_z_grows_with_the_measurement(lms: Lms, low: float, step: float, restricted: bool) -> None:
    smaller = z_score(low * lms[1], lms, restricted=restricted)
    larger = z_score((low + step) * lms[1], lms, restricted=restricted)
    assert larger > smaller


@given(lms=lms_values, side=st.sampled_from([-1, 1]))
def test_restricted_form_joins_the_plain_one_at_three_sd(lms: Lms, side: int) -> None:
    sd3 = value_at(3 * side, lms)
    for y in (sd3 * (1 - 1e-9), sd3, sd3 * (1 + 1e-9)):
        assert z_score(y, lms, restricted=True) == pytest.approx(3 * side, abs=1e-5)


@given(lms=lms_values, z=st.floats(-3, 3))
def test_value_and_z_are_inverse(lms: Lms, z: float) -> None:
    assert z_score(value_at(z, lms), lms, restricted=True) == pytest.approx(z, abs=1e-6)


def test_power_zero_is_the_logarithmic_form() -> None:
    assert z_score(value_at(1.5, (0.0, 10.0, 0.1)), (0.0, 10.0, 0.1), restricted=True) == pytest.approx(1.5)
    near = z_score(12.0, (1e-7, 10.0, 0.1), restricted=False)
    assert isclose(z_score(12.0, (0.0, 10.0, 0.1), restricted=False), near, abs_tol=1e-5)


def test_a_table_begins_at_its_start_and_ends_with_its_last_row() -> None:
    columns = [array("d", values) for values in ((1.0, 2.0, 4.0), (10.0, 20.0, 40.0), (0.1, 0.2, 0.4))]
    table = LmsTable(7, *columns)
    assert (table.start, table.stop) == (7, 9)
    assert [table.at(position) for position in (7, 8, 9)] == [(1.0, 10.0, 0.1), (2.0, 20.0, 0.2), (4.0, 40.0, 0.4)]
    assert table.at(8.5) == pytest.approx((3.0, 30.0, 0.3))
    assert (table.at(6.9), table.at(9.1)) == (None, None)


def test_interpolation_is_linear_between_rows_and_ends_with_the_table(packs: Packs) -> None:
    table = pack_of(packs, "growth").material.tables["WHO2007", "bmifa", "male"]
    low, high, between = table.at(100), table.at(101), table.at(100.25)
    assert low is not None
    assert high is not None
    assert between == pytest.approx([a + 0.25 * (b - a) for a, b in zip(low, high, strict=True)])
    assert table.at(table.stop) is not None
    assert table.at(table.stop + 0.01) is None
    assert table.at(table.start - 0.01) is None


@pytest.mark.parametrize(
    ("z", "expected"),
    [(0.125, 0.13), (-0.125, -0.13), (1.004, 1.0), (-2.004999, -2.0), (-2.005001, -2.01), (-0.001, 0.0)],
)
def test_rounding_to_two_decimals(z: float, expected: float) -> None:
    assert half_up(z, 2) == expected
    assert str(half_up(-0.001, 2)) == "0.0"
