"""Events of the other services become numbers: one engine, one adapter per source, and the tables they write."""
