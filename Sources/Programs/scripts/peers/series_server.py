"""The peer of `bench-server.sh`: /fit and /predict as the usual Python stack serves them (FastAPI + uvicorn).

The work is the same: mean and population standard deviation at the fit, bounds and a score at the prediction. Models
live in memory only, so nothing here waits for a disk.
"""

import math
import sys

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
models: dict[str, tuple[str, float, float]] = {}


class TrainData(BaseModel):
    timestamps: list[int]
    values: list[float]


class PredictData(BaseModel):
    timestamp: str
    value: float


@app.post("/fit/{series_id}")
def fit(series_id: str, data: TrainData):
    count = len(data.values)
    mean = math.fsum(data.values) / count
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in data.values) / count)
    number = int(models[series_id][0][1:]) + 1 if series_id in models else 1
    models[series_id] = (f"v{number}", mean, deviation)
    return {"series_id": series_id, "version": f"v{number}", "points_used": count}


@app.post("/predict/{series_id}")
async def predict(series_id: str, data: PredictData):
    model = models.get(series_id)
    if model is None:
        raise HTTPException(404)
    version, mean, deviation = model
    lower, upper = mean - 3 * deviation, mean + 3 * deviation
    score = abs(data.value - mean) / deviation if deviation else 0.0
    return {
        "anomaly": not lower <= data.value <= upper,
        "model_version": version,
        "version": version,
        "score": score,
        "expected_value": mean,
        "lower": lower,
        "upper": upper,
    }


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
