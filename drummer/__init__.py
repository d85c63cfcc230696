"""Human-like drum patterns, sampled from an LSTM that learned from drummers.

The public names; everything else is in the modules. Importing this reads no file: models, kits and configuration are read when
they are first asked for.
"""

from drummer.config import default_config
from drummer.errors import DrummerError
from drummer.generation.drummer import Drummer, file_stem, usual_bpm
from drummer.model.checkpoint import model_names
from drummer.music.groove import Groove

__all__ = ["Drummer", "DrummerError", "Groove", "default_config", "file_stem", "model_names", "usual_bpm"]
