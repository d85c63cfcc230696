"""Evaluation: likelihood on held-out performances, discriminator AUC, control response, and baselines."""
