"""The synthetic demo corpus: a formant synthesiser, an emotion recipe and planted defects."""
