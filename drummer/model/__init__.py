"""The model: its tokenizer, the network, and trained weights on disk."""
