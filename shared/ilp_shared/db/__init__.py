"""PostgreSQL: pools, unit of work, scope of row-level security, group commit, migrations."""
