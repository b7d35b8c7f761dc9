"""Block `app`: the web application."""

from pipeline.config.base import Settings


class App(Settings):
    """What the application asks where nobody chooses."""

    system: str
