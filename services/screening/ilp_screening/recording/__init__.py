"""Recording screenings: the hot path of the service, one commit for all commands that wait at the same time."""
