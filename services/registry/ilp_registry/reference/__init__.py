"""Public reference data that travel in the wheel (areas, their other names, puskesmas), and their load.

SOURCES.md gives the origin and licence of every file, SHA256SUMS its checksum (`sha256sum -c SHA256SUMS`).
The checksum of SHA256SUMS names the edition: a database holds it in `reference_load` once this edition is loaded.
"""
