"""Types of arrays that all packages share."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
