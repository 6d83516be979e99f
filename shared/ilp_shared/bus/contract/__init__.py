"""The contract of events: envelope, catalogue, JSON Schemas, AsyncAPI, and the check that they only grow."""
