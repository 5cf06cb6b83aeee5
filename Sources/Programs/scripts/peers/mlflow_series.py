"""The peer of `bench-server.sh`: /predict as a pyfunc model behind MLflow's scoring server.

The rule is that of `series_server.py`: mean and population standard deviation of the points of a fit, then bounds and a
score of each value. `mlflow_series.py FOLDER FIT` writes the model, which `mlflow models serve -m FOLDER` serves.
"""

import json
import math
import sys

import mlflow.pyfunc


class ThreeSigma(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["fit"]) as file:
            values = json.load(file)["values"]
        self.mean = math.fsum(values) / len(values)
        squares = math.fsum((value - self.mean) ** 2 for value in values)
        self.deviation = math.sqrt(squares / len(values))

    def predict(self, context, model_input, params=None):
        lower = self.mean - 3 * self.deviation
        upper = self.mean + 3 * self.deviation
        return [
            {
                "anomaly": not lower <= value <= upper,
                "model_version": "v1",
                "version": "v1",
                "score": abs(value - self.mean) / self.deviation if self.deviation else 0.0,
                "expected_value": self.mean,
                "lower": lower,
                "upper": upper,
            }
            for value in model_input["value"].tolist()
        ]


if __name__ == "__main__":
    folder, fit = sys.argv[1:]
    mlflow.pyfunc.save_model(folder, python_model=ThreeSigma(), artifacts={"fit": fit})
