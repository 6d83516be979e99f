"""The one-command run: embedded backing services, supervisor, front door, status.

No service imports it. Of a service it knows its `Service` object, its commands and its HTTP API, and nothing else.
"""
