"""The look-ups that an account may spend in an hour to learn what is registered, and what it has spent.

A conflict spends one. While none is left, a form that names a NIK, KK or id is refused before it is looked up, whether
they are taken or not. Requests of one account are judged one after the other, by all processes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

import asyncpg

from ilp_registry.lookups import repository
from ilp_registry.lookups.models import NewLookup, Question
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.audit import Asked, record_vain_access
from ilp_shared.db.connection import Connection
from ilp_shared.problems import TooMany
from ilp_shared.text import Text

_ACQUIRE_S: Final = 5.0
_HOUR_S: Final = 3_600.0
_OF_A_SERIES: Final = 10
"""Persons of one district, birth date and sex that an account may register in an hour before each spends a look-up."""
_KEEP_DAYS: Final = 7
"""How long a question with a conflict as answer is recognised: a batch that is sent again goes on where it ended."""
_SPENT: Final = Text(
    "Jatah pencarian akun ini untuk satu jam sudah habis; coba lagi nanti.",
    "This account's look-ups for one hour are spent; try again later.",
)
_SPENT_BY_FORMS: Final = Text(
    "Jatah pencarian akun ini untuk satu jam sudah habis, jadi NIK, nomor KK, dan id belum dapat diperiksa. Coba lagi"
    " nanti; tanpa ketiganya orang tetap dapat didaftarkan.",
    "This account's look-ups for one hour are spent, so NIK, KK number and id cannot be looked up yet. Try again"
    " later; without them a person can still be registered.",
)


class Account:
    """The look-ups of an account while the forms of one request are judged in their order."""

    def __init__(
        self,
        principal: Principal,
        per_hour: int,
        spent: Sequence[asyncpg.Record] = (),
        known: Collection[bytes] = (),
        series: Counter[bytes] | None = None,
    ) -> None:
        self._principal, self._spent = principal, spent
        self._left = per_hour - sum(row["number"] for row in spent)
        self._known, self._series = set(known), series or Counter()
        self._new: list[NewLookup] = []
        self._refused: list[Asked] = []

    def may_ask(self, question: Question) -> bool:
        """Tell whether a question may be looked up: while look-ups are left, or when its answer was a conflict."""
        return self._left > 0 or question.content in self._known

    def spend(self) -> None:
        """Spend a look-up."""
        self._left -= 1
        self._new.append(NewLookup(1))

    def note_conflict(self, question: Question, asked: Sequence[Asked]) -> None:
        """Note that the answer is a conflict: it spends a look-up, unless the account knows it."""
        self._refused += asked
        if question.content not in self._known:
            self._known.add(question.content)
            self._left -= 1
            self._new.append(NewLookup(1, question=question.content))

    def note_free(self, question: Question) -> None:
        """Note that nothing named is taken. Many NIKs that differ in the serial only are guesses: each spends too."""
        if question.series is None:
            return
        self._series[question.series] += 1
        number = int(self._series[question.series] > _OF_A_SERIES)
        self._left -= number
        self._new.append(NewLookup(number, series=question.series))

    def refuse(self, text: Text = _SPENT_BY_FORMS, asked: Sequence[Asked] = (Asked(),)) -> TooMany:
        """Return the refusal of what must not be looked up, and note it."""
        self._refused += asked
        return TooMany(text, retry_after_s=self._wait_s())

    async def record(self, conn: Connection, action: str) -> None:
        """Store what was spent, and the refusals in the access audit."""
        await repository.add_lookups(conn, self._principal.subject, self._new)
        if self._refused:
            await record_vain_access(conn, self._principal, action, "refused", self._refused)

    def _wait_s(self) -> float:
        """Return the seconds until a look-up is left; an hour where all of them were spent just now."""
        missing = 1 - self._left
        for row in self._spent:
            missing -= row["number"]
            if missing <= 0:
                return max(1.0, float(row["returns_in_s"]))
        return _HOUR_S


class Lookups:
    """The look-ups that each account has in an hour; all processes count them in the same table."""

    def __init__(self, pool: asyncpg.Pool, per_hour: int) -> None:
        self._pool, self._per_hour = pool, per_hour

    async def spend(self, principal: Principal, action: str) -> None:
        """Spend one look-up in a transaction of its own, before its answer is known; raises TooMany if none is left."""
        refusal: TooMany | None = None
        async with self._pool.acquire(timeout=_ACQUIRE_S) as conn, open_unit(conn, name="lookup"):
            account = await self.account_of(conn, principal, [Question(b"", None)])
            if account.may_ask(Question(b"", None)):
                account.spend()
            else:
                refusal = account.refuse(_SPENT)
            await account.record(conn, action)
        if refusal is not None:
            raise refusal

    async def account_of(self, conn: Connection, principal: Principal, questions: Sequence[Question]) -> Account:
        """Return the account before these questions; if there are any, it is locked until the transaction ends.

        The caller must record the account in the same transaction.
        """
        if not questions:
            return Account(principal, self._per_hour)
        client = principal.subject
        await repository.lock_account(conn, client)
        spent = await repository.spent_last_hour(conn, client)
        known = await repository.known_questions(conn, client, {question.content for question in questions})
        series = {question.series for question in questions if question.series is not None}
        numbers = await repository.series_of_last_hour(conn, client, series)
        return Account(principal, self._per_hour, spent, known, Counter(numbers))


async def forget_lookups(conn: Connection) -> None:
    """Delete the look-ups that count no longer, of accounts that never come back too."""
    await repository.delete_old(conn, _KEEP_DAYS)
