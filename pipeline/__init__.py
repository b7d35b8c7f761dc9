"""The speech emotion recognition pipeline."""
