"""The feel of a groove beside real drummers of its genre: comparison and chart."""

from drummer.feel.comparison import FAMILY_VOICES, TRAITS, FamilyFeel, Feel, FeelComparison, Trait

__all__ = ["FAMILY_VOICES", "TRAITS", "FamilyFeel", "Feel", "FeelComparison", "Trait"]
