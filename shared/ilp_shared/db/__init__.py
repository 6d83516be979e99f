"""PostgreSQL: pools, area filter, row-level security, local copies, access audit, locks, migrations."""
