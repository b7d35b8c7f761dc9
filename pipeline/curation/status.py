"""What becomes of a file, as names for code: its `status` in the index, and the `code` of a row that a study drops.

Beside each stands a sentence for people, `reason`, which no code reads.
"""

from typing import Final

# status
OK: Final = "ok"
QUARANTINED: Final = "quarantined"  # an utterance that cannot be used
STRAY: Final = "stray"  # no utterance at all

# code; a row that the index itself rules out has its status there
EXACT_COPY: Final = "exact_copy"
NEAR_COPY: Final = "near_copy"
CONFLICT: Final = "conflict"  # labels or speakers of copies contradict each other
TOO_SHORT: Final = "too_short"
TOO_LONG: Final = "too_long"
OTHER_PART: Final = "other_part"  # of the corpus's official split, of which the study takes others
LEFT_OUT: Final = "left_out"  # the study's map gives its label no class
NOT_IN_MAP: Final = "not_in_map"  # the study's map does not know its label
NOT_DRAWN: Final = "not_drawn"  # the study takes only so many of its class and corpus
RARE_CLASS: Final = "rare_class"
