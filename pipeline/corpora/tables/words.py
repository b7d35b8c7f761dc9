"""Words of tables: how splits, sexes and emotions are usually written."""

SPLITS = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "devel", "development"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation"), "test"),
}
SEXES = {
    **dict.fromkeys(("f", "female", "w", "woman", "women", "girl", "weiblich", "femme"), "female"),
    **dict.fromkeys(("m", "male", "man", "men", "boy", "männlich", "homme"), "male"),
}
EMOTIONS = frozenset(
    (
        *(
            "amused",
            "amusement",
            "anger",
            "angry",
            "anxiety",
            "anxious",
            "bored",
            "boredom",
            "calm",
            "calmness",
        ),
        *("contempt", "disappointment", "disgust", "disgusted", "excited", "excitement", "fear", "fearful"),
        *(
            "frustrated",
            "frustration",
            "happiness",
            "happy",
            "joy",
            "joyful",
            "neutral",
            "other",
            "ps",
            "sad",
        ),
        *("sadness", "sarcastic", "scared", "sleepy", "surprise", "surprised", "tired", "worried"),
        *("ang", "dis", "exc", "fea", "fru", "hap", "neu", "sur", "xxx"),
    )
)
