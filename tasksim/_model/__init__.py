"""What the world is made of: records, results, definitions and trace events. Knows nothing above it."""
