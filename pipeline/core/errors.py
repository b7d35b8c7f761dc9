"""The one exception for what a user can mend."""


class PipelineError(Exception):
    """An error in the input or the settings, not in the code.

    Its message says where, what came, what was expected and what to do next. Stages print it without a
    traceback and exit with status 2.
    """
