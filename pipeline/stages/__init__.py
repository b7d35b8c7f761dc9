"""One thin script a stage of dvc.yaml: it reads its plan, calls one thing, and writes."""
