"""Registry: who and where. Areas, health facilities and the master index of persons."""
