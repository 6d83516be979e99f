"""Monitoring: events of all services become the live, exact situation of every area."""
