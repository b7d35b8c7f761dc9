"""The training loop and what it needs: batches, losses, augmentation, checkpoints."""
