"""Pages that show every result, and the tables of results in README and docs."""
