"""The peer of `bench-server.sh`: /predict as a runtime of MLServer, asked by the V2 protocol.

The rule is that of `series_server.py`: mean and population standard deviation of the points of a fit, then bounds and a
score of one value. `mlserver_series.py FOLDER PORT FIT` writes the model's folder, which `mlserver start FOLDER` serves.
"""

import json
import math
import os
import sys

from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class ThreeSigma(MLModel):
    async def load(self) -> bool:
        with open(self.settings.parameters.extra["fit"]) as file:
            values = json.load(file)["values"]
        self.mean = math.fsum(values) / len(values)
        squares = math.fsum((value - self.mean) ** 2 for value in values)
        self.deviation = math.sqrt(squares / len(values))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        value = payload.inputs[0].data[0]
        lower = self.mean - 3 * self.deviation
        upper = self.mean + 3 * self.deviation
        score = abs(value - self.mean) / self.deviation if self.deviation else 0.0

        def number(name: str, value: float) -> ResponseOutput:
            return ResponseOutput(name=name, shape=[1], datatype="FP64", data=[value])

        anomaly = not lower <= value <= upper
        return InferenceResponse(
            model_name=self.name,
            model_version="v1",
            outputs=[
                ResponseOutput(name="anomaly", shape=[1], datatype="BOOL", data=[anomaly]),
                number("score", score),
                number("expected_value", self.mean),
                number("lower", lower),
                number("upper", upper),
            ],
        )


if __name__ == "__main__":
    folder, port, fit = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    os.makedirs(folder, exist_ok=True)
    # One process and no log of requests, as the other peers are set up.
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "s",
        "implementation": "mlserver_series.ThreeSigma",
        "parameters": {"extra": {"fit": fit}},
    }
    for name, content in (("settings.json", settings), ("model-settings.json", model)):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(content, file)
