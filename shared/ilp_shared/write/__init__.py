"""The write path: a unit of work, its group-committed twin, the keys of commands, the tables all of them need."""
