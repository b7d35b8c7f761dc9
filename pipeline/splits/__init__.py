"""Cutting a study's utterances into training, validation and test, and balancing what is trained on."""
