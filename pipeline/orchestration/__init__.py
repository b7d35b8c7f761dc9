"""Running the whole pipeline: stages side by side, a warm process for all of them, progress, and what has moved."""
