"""The compose project for one puskesmas or dinas: its secrets and certificates, and the steps before it runs."""
