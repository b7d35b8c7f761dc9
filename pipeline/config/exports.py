"""Block `exports`: the trained systems that are written down to be taken elsewhere."""

from pipeline.config.base import Settings


class ExportSettings(Settings):
    """How a system is exported."""

    onnx: bool  # its models as ONNX too
