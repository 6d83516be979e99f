"""What a phone needs to judge without a connection: rules, tables and the engine, by content hash."""
