"""What others build on: envelope, catalog, JSON Schemas, AsyncAPI, and the check that they only grow."""
