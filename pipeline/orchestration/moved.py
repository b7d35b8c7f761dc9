"""What a run has changed: the systems whose metrics are others than before."""

import json
from pathlib import Path

MAIN = ("uar", "ccc")


def read_metrics(folder: Path) -> dict[str, dict]:
    """Read the metrics of all systems, by name, from a file a study; nothing where there is no such folder."""
    files = (json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json")))
    return {system: metrics for file in files for system, metrics in file.items()}


def what_moved(before: dict[str, dict], after: dict[str, dict]) -> str:
    """Say in a sentence how many systems' metrics have changed, and the largest change of a UAR or mean CCC."""
    changed = [system for system in after if before.get(system) != after[system]]
    new = [system for system in changed if system not in before]
    if not changed:
        return f"The metrics of all {len(after)} systems are what they were."
    sentences = [
        f"The metrics of {len(changed)} of {len(after)} systems have changed, {len(new)} of them are new."
    ]
    steps = {
        system: after[system][name] - before[system][name]
        for system in changed
        for name in MAIN
        if name in after[system] and name in before.get(system, {})
    }
    if steps:
        largest = max(steps, key=lambda system: abs(steps[system]))
        sentences.append(f"Largest change of a UAR or mean CCC: {steps[largest]:+.4f}, of {largest}.")
    return " ".join(sentences)
