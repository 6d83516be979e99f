"""Persons of the master index: list, read, search, reveal the NIK. Writes are in `registration`."""
