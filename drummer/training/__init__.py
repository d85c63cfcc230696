"""Training: the loss, the training loop, and several processes that share one run."""
