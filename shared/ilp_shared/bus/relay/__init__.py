"""From the archive to Kafka: one leader per service, by a lease; replays; the refusal to run behind the log."""
