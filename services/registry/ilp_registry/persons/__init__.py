"""Persons: the master index with protected NIK, households, search, correction."""
