"""The page's own controls."""
