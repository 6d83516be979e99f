"""What the second digests are unique by, what rows of a key are found by; and the new check holds for old rows too."""

from ilp_shared.db.migrate import run_alone

revision = "20261130_places_index"
down_revision = "20261130_places"

INDEXES = {
    "uq_person_nik_index_2": "person (nik_index_2) WHERE nik_index_2 IS NOT NULL",
    "uq_household_kk_index_2": "household (kk_index_2) WHERE kk_index_2 IS NOT NULL",
    "ix_person_nik_key_id": "person (nik_key_id)",
    "ix_person_phone_key_id": "person (phone_key_id)",
    "ix_household_kk_key_id": "household (kk_key_id)",
}


def upgrade() -> None:
    """Add them while the tables are in use; one that was cut is made again."""
    run_alone("ALTER TABLE person VALIDATE CONSTRAINT person_identity_number")
    for name, columns in INDEXES.items():
        run_alone(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        run_alone(f"CREATE {'UNIQUE ' if name.startswith('uq') else ''}INDEX CONCURRENTLY {name} ON {columns}")
