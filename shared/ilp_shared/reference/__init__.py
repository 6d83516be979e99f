"""Population figures that several services may use, as package data: area totals, age structure, vital rates.

Origin, licence and checksum of every file are in SOURCES.md.
"""
