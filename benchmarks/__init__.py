"""Speed of the pipeline's parts beside the libraries they stand on: python -m benchmarks.<name>."""
