"""The web application: one page and an API, which ask trained systems about recordings."""
