"""params.yaml as typed settings, and the plan files that stages read in its place; nobody else reads it."""
