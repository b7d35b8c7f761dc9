"""What the index says of a file in its columns `status` and `reason`."""

OK, QUARANTINED = "ok", "quarantined"
STRAY = "stray: "  # how the reason of a row begins that is no utterance
