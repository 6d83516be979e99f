"""The HTTP skeleton every service shares: app, access, idempotent commands, paging, streams, health, documents."""
