"""Rates: what an account may ask for at once and afterwards, apart from other accounts and classes of route."""

import pytest
from starlette.requests import Request

from ilp_shared.http.rates import RateClass, Rates, address_of
from ilp_shared.limits import Limits
from ilp_shared.problems import TooMany

LIMITS = Limits(reads_per_s=2, commands_per_s=4, batch_rows_per_min=600, evaluations_per_s=0.5, burst_s=3)


class Elapsed:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def taken(rates: Rates, kind: RateClass, client: str = "a", *, tries: int = 1_000) -> int:
    """Return how often a client gets something before it is refused."""
    for number in range(tries):
        try:
            rates.take(kind, client)
        except TooMany:
            return number
    return tries


@pytest.mark.parametrize(
    ("kind", "at_once", "in_two_seconds"),
    [("reads", 6, 4), ("commands", 12, 8), ("batch_rows", 600, 20), ("evaluations", 1, 1)],
)
def test_a_burst_then_the_rate(kind: RateClass, at_once: int, in_two_seconds: int) -> None:
    clock = Elapsed()
    rates = Rates(LIMITS, clock)
    assert taken(rates, kind) == at_once
    clock.seconds += 2
    assert taken(rates, kind) == in_two_seconds
    clock.seconds += 3_600
    assert taken(rates, kind) == at_once


def test_accounts_and_classes_are_apart() -> None:
    rates = Rates(LIMITS, Elapsed())
    assert taken(rates, "reads") == 6
    assert taken(rates, "commands") == 12
    assert taken(rates, "reads", "b") == 6


def test_a_refusal_says_when_and_costs_nothing() -> None:
    clock = Elapsed()
    rates = Rates(LIMITS, clock)
    rates.take("batch_rows", "a", 590)
    with pytest.raises(TooMany) as refusal:
        rates.take("batch_rows", "a", 40)
    assert refusal.value.retry_after_s == pytest.approx(3)
    clock.seconds += 3
    rates.take("batch_rows", "a", 40)


def test_more_than_a_bucket_holds_takes_a_full_one() -> None:
    rates = Rates(LIMITS, Elapsed())
    rates.take("batch_rows", "a", 5_000)
    with pytest.raises(TooMany):
        rates.take("batch_rows", "a", 1)


def test_many_clients_fill_no_memory_and_reset_nobody() -> None:
    rates = Rates(LIMITS, Elapsed())
    assert taken(rates, "commands") == 12
    for number in range(50_000):
        rates.take("evaluations", str(number))
        if number % 10_000 == 0:
            assert taken(rates, "evaluations", "busy") <= 1
    assert len(rates) <= 20_001
    assert taken(rates, "commands") == 0, "addresses of one class displace no account of another"
    assert taken(rates, "evaluations", "busy") == 0, "what was used a moment ago is kept"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("", "10.0.0.9"), ("192.0.2.1", "192.0.2.1"), ("198.51.100.7, 192.0.2.1", "192.0.2.1")],
)
def test_an_anonymous_client_is_where_the_nearest_proxy_saw_it(forwarded: str, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert address_of(Request({"type": "http", "headers": headers, "client": ("10.0.0.9", 1)})) == address
