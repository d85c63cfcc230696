"""Human-like drum patterns, sampled from an LSTM that learned from drummers."""
