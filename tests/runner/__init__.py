"""Runs the suite in tiers, each with a budget of CPU seconds: `python -m tests` (`make test`, `make test-all`)."""
