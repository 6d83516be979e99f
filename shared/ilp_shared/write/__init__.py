"""The write path: unit of work, group commit, idempotency keys, and the tables that they need."""
