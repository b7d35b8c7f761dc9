"""One page that shows every result, and the tables of results in README and docs."""
