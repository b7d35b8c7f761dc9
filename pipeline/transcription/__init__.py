"""Speech to text: loading Whisper, and decoding many clips at a time."""
