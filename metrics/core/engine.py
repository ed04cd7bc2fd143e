"""What computes: its version stands in every document, since another may compute other figures."""

import numpy as np
import scipy

ENGINE = f"kpiplatform 4, numpy {np.__version__}, scipy {scipy.__version__}"
