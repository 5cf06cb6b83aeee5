"""Writes sample.safetensors with the reference library (safetensors 0.6 or later, numpy)."""
import pathlib

import numpy
from safetensors.numpy import save_file

tensors = {
    "bytes": numpy.array([1, 2, 255], dtype=numpy.uint8),
    "codes": numpy.array([-1, 0, 2147483647], dtype=numpy.int32),
    "empty": numpy.zeros((0, 3), dtype=numpy.float32),
    "matrix": numpy.array([[1.5, -2.25, 0.0], [numpy.inf, 1e-300, -0.0]], dtype=numpy.float64),
    "scalar": numpy.array(7, dtype=numpy.int64),
    "short": numpy.array([-5, 5], dtype=numpy.int16),
    "labels": numpy.array([-1, 0, 1], dtype=numpy.int8),
    "floats": numpy.array([0.1, 3e38], dtype=numpy.float32),
    "wide": numpy.array([65535], dtype=numpy.uint16),
}
save_file(tensors, pathlib.Path(__file__).parent / "sample.safetensors", metadata={"kind": "sample"})
