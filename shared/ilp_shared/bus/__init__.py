"""The event path: archive (outbox), relay to Kafka, and consumers whose positions move with their effects."""
