"""Scores by Triton's HTTP client as it comes from PyPI: JSON and binary tensors, metadata, health, and errors."""

import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1])
name = sys.argv[2] if len(sys.argv) > 2 else "fraud"
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(name)
metadata = client.get_model_metadata(name)
width = metadata["inputs"][0]["shape"][1]
rows = np.arange(3 * width, dtype=np.float64).reshape(3, width)
scores = {}
for binary in (False, True):
    tensor = triton.InferInput("features", list(rows.shape), "FP64")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    outputs = [
        triton.InferRequestedOutput(output, binary_data=binary) for output in ("anomaly_score", "is_anomaly")
    ]
    answer = client.infer(name, [tensor], outputs=outputs, request_id="7")
    scores[binary] = answer.as_numpy("anomaly_score")
    assert scores[binary].shape == (3, 1) and answer.as_numpy("is_anomaly").dtype == np.bool_
assert np.array_equal(scores[False], scores[True])
# The client's own default: binary tensors, and whatever outputs there are.
tensor = triton.InferInput("features", [3, width], "FP32")
tensor.set_data_from_numpy(rows.astype(np.float32))
assert np.allclose(client.infer(name, [tensor]).as_numpy("anomaly_score"), scores[True])
wrong = triton.InferInput("features", [1, width + 1], "FP64")
wrong.set_data_from_numpy(np.zeros((1, width + 1)))
try:
    client.infer(name, [wrong])
    raise SystemExit("a wrong shape was accepted")
except InferenceServerException as error:
    assert "expected shape" in error.message(), error
print("tritonclient: JSON and binary tensors give the same scores, errors are clear")
