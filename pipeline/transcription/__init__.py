"""Speech to text: where the Whisper model comes from, and decoding many clips at a time."""
