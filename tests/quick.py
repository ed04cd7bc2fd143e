"""Bounds of processor time: what other processes do on the machine is not in them."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick(within: float) -> Iterator[None]:
    """Asserts that the block takes less than so many seconds of this process's time.

    A collection of the whole process is no property of the block that it falls upon, and waits until it is over.
    """
    gc.disable()
    try:
        began = time.process_time()
        yield
        spent = time.process_time() - began
    finally:
        gc.enable()
    assert spent < within, f"it took {spent:.3f} s of processor time, and {within:g} are allowed"
