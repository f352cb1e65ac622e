"""Define once the types that signatures everywhere in the package use.

Shapes are said where an array is used, in the letters of `arcparser.nn`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

PathLike = Union[str, "os.PathLike[str]"]

Report = Callable[[str], None]  # is told what happens, a line at a time
