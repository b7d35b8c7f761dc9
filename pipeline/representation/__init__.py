"""What a trained network makes of clips on the way to its outputs, and how well that keeps the classes apart."""
