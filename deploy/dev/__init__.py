"""The one-command run: embedded backing services, supervisor, front door, status.

Nothing in here is imported by a service; `make run` and the tests are its only users.
"""
