"""The demonstration accounts: one for each kind of reader, in the areas of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ilp_shared.auth.permissions import Role
from ilp_shared.text import Text


@dataclass(frozen=True)
class Account:
    """An account that a visitor may choose; its id is the `sub` of its tokens."""

    role: Role
    area: str
    label: Text

    @property
    def id(self) -> str:
        """The subject, the same as of `make token`."""
        return f"dev-{self.role.value}-{self.area}"


ACCOUNTS: Final = (
    Account(Role.ANALYST, "id", Text("Analis nasional: semua wilayah", "National analyst: every area")),
    Account(Role.PROVINCE, "13", Text("Dinas kesehatan Sumatera Barat", "Health office of Sumatera Barat")),
    Account(Role.DINAS, "13.76", Text("Dinas kesehatan Kota Payakumbuh", "Health office of Kota Payakumbuh")),
    Account(
        Role.PUSKESMAS_HEAD,
        "13.76.01",
        Text("Kepala puskesmas di Payakumbuh Barat", "Head of a puskesmas in Payakumbuh Barat"),
    ),
    Account(Role.MIDWIFE, "13.76.01.1002", Text("Bidan di Pakan Sinayan", "Midwife in Pakan Sinayan")),
    Account(Role.KADER, "13.76.01.1002", Text("Kader di Pakan Sinayan", "Kader in Pakan Sinayan")),
)
VISITOR: Final = ACCOUNTS[0]
"""Whom a visitor is who has not chosen: the first page of `make run` needs no click."""


def account_named(account_id: str) -> Account | None:
    """Return an account by its id; None for an unknown one."""
    return next((account for account in ACCOUNTS if account.id == account_id), None)
