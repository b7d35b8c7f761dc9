"""What every other package stands on: settings, tables, audio, caches; it imports nothing else of ours."""
