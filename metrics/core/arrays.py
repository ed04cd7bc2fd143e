"""The arrays of the core by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


Ints = NDArray[np.int64]


Columns = Sequence[NDArray[Any]] | NDArray[Any]
