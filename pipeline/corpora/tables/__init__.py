"""Corpora that a table describes: one reader a layout, and what is made of the rows."""
