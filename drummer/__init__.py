"""Human-like drum patterns, sampled from an LSTM that learned from drummers.

The public names; everything else is in the sub-packages. Importing this reads no file, and torch is imported only where `Drummer`
is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drummer.config import default_config
from drummer.errors import DrummerError
from drummer.generation.params import GenerationParams
from drummer.generation.tempos import usual_bpm
from drummer.model.description import model_names
from drummer.music.groove import Groove

if TYPE_CHECKING:
    from drummer.generation.drummer import Drummer

__all__ = ["Drummer", "DrummerError", "GenerationParams", "Groove", "default_config", "model_names", "usual_bpm"]

_NEED_TORCH = {"Drummer": "drummer.generation.drummer"}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first asked for (PEP 562)."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_NEED_TORCH[name]), name)
