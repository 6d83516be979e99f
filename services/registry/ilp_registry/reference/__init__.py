"""Public reference data that travels in the wheel: areas, their other names, puskesmas, and what demonstrations need.

Read by `ilp_registry.loading.files`; the origin, licence and checksum of every file are in SOURCES.md.
"""
