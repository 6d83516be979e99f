"""From Kafka to a projection: positions, applying, the dead-letter table, high-water marks, the stall watchdog."""
