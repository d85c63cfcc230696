"""The feel of a groove beside real drummers of its genre: comparison and chart."""

from drummer.feel.comparison import HANDS, TRAITS, Feel, FeelBook, Hand, Trait

__all__ = ["HANDS", "TRAITS", "Feel", "FeelBook", "Hand", "Trait"]
