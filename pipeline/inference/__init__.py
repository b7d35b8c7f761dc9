"""From a recording to emotions: what was trained, asked about audio files."""
