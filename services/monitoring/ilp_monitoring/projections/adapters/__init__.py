"""One adapter per source: from its events to present states, and from changed states to differences of numbers."""
