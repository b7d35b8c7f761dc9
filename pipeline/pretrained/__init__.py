"""Published weights: where they are found, and the networks that they belong to."""
