"""The original recipe: tokens of whole beats, class weights and scheduled sampling, trained by `recipes/published.yaml`.

The product has none of this. Here are the recipe's own tokenizer, network, loss and trainer, as subclasses of the product's, and
a player of its models; `report.published` measures it.
"""

from report.original_recipe.player import OriginalPlayer
from report.original_recipe.tokenizer import BeatTokenizer
from report.original_recipe.trainer import OriginalLossTrainer, OriginalTrainer, TrainerWithoutMemory, load_original

__all__ = [
    "BeatTokenizer",
    "OriginalLossTrainer",
    "OriginalPlayer",
    "OriginalTrainer",
    "TrainerWithoutMemory",
    "load_original",
]
