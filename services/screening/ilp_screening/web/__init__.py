"""What the service gives to browsers: the second judging engine, in JavaScript. Its rules are packs/README.md."""
