"""Evaluation: likelihood of held-out performances, discriminator AUC, control response, novelty, and baselines."""
