"""Look-ups: what an account spends when it learns whether a person, NIK, KK or id exists."""
