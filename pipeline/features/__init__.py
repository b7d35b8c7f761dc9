"""One file a kind of feature, each with one pure extract function."""
