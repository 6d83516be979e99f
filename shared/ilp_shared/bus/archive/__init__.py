"""The archive of a service: its events, their sequences, its monthly partitions."""
