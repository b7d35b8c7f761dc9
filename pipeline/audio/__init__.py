"""Reading audio: by content, to its real end, and as one channel."""
