"""Recount: a second, independent way to every number that monitoring shows.

Reads the event archives of the other services and compares what follows from them with monitoring's tables.
Written from the definitions of the indicators alone; shares no code, SQL or constants with the projections
(tests/unit/monitoring checks its imports). The program is `python -m ilp_monitoring.recount`.
"""
