"""Scores, figures and the report, from predictions alone."""
