"""The one exception for what a user can mend, and where an error happened."""

from collections.abc import Iterator
from contextlib import contextmanager


class PipelineError(Exception):
    """An error in the input or the settings, not in the code.

    Its message says where, what came, what was expected and what to do next. Stages print it without a
    traceback and exit with status 2.
    """


@contextmanager
def told_with(where: str) -> Iterator[None]:
    """Have an error say where it happened, such as in which study of many; one of the code in its traceback."""
    try:
        yield
    except PipelineError as error:
        raise PipelineError(f"{where}: {error}") from error
    except Exception as error:
        error.add_note(f"{where}: this went wrong here")
        raise
