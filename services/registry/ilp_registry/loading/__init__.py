"""Bulk loads: the public reference data, and facilities from CSV files."""
