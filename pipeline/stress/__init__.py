"""Stress: what becomes of a system's decisions when the same clips are louder, noisy, coded, reverberant or cut."""
