"""What params.yaml and its active profile mean to each stage, written down in plan files."""
