"""What a groove is: voices, hits, controls. Needs NumPy only."""
