"""The event path: archive (outbox), relay to Kafka, consumer with positions in the effects' transaction."""
