"""Times LinkedIn's isolation-forest for Spark beside `anomalyze fit --engine spark`, on one cluster and the same CSV files.

It needs pyspark with numpy, a Java runtime, and LinkedIn's jar for that Spark and Scala, such as isolation-forest_3.5.x_2.12-….jar of
github.com/linkedin/isolation-forest (Maven: com.linkedin.isolation-forest). Both fit 100 trees of 256 rows and find the threshold of a
contamination of 0.01; LinkedIn's threshold is allowed the error that its documentation recommends, a hundredth of it.

Usage: linkedin_isolation_forest.py --jar JAR --program .build/release/anomalyze --rows FOLDER --columns a,b,c --key tx_id
       [--master spark://host:7077] [--repetitions 3]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def fail(message):
    print(message, file=sys.stderr)
    raise SystemExit(2)


def theirs(arguments, columns):
    """Seconds of each fit and the threshold that came out, in one session that runs already."""
    from pyspark.ml.feature import VectorAssembler
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master(arguments.master)
        .config("spark.jars", arguments.jar)
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    kind = spark._jvm.com.linkedin.relevance.isolationforest.IsolationForest
    seconds, thresholds = [], []
    for _ in range(arguments.repetitions):
        start = time.perf_counter()
        rows = spark.read.csv(
            arguments.rows, header=True, schema=schema(arguments, columns), enforceSchema=False
        )
        vectors = VectorAssembler(inputCols=columns, outputCol="features", handleInvalid="keep")
        try:
            forest = kind("isolation-forest")
        except TypeError:
            fail(f"{arguments.jar} has no class com.linkedin.relevance.isolationforest.IsolationForest")
        forest.setNumEstimators(100)
        forest.setMaxSamples(256.0)
        forest.setContamination(0.01)
        forest.setContaminationError(0.0001)
        forest.setFeaturesCol("features")
        forest.setRandomSeed(1)
        model = forest.fit(vectors.transform(rows).select("features")._jdf)
        seconds.append(time.perf_counter() - start)
        thresholds.append(model.getOutlierScoreThreshold())
    spark.stop()
    return seconds, thresholds


def schema(arguments, columns):
    """The types of the file's columns, so that neither side pays for guessing them."""
    first = arguments.rows
    if os.path.isdir(first):
        first = os.path.join(first, sorted(os.listdir(first))[0])
    with open(first, encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    return ", ".join(f"`{name}` {'double' if name in columns else 'string'}" for name in names)


def ours(arguments, columns):
    """Seconds of each fit, without and with the start of the engine, and the digest that came out."""
    whole, running, digests = [], [], []
    for _ in range(arguments.repetitions):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            ended = subprocess.run(
                [
                    arguments.program, "fit", arguments.rows, "--columns", ",".join(columns), "--key", arguments.key,
                    "--detector", "{kind: isolation_forest, preset: scikit_learn, contamination: 0.01, random_state: 1}",
                    "--engine", "spark", "--cluster", arguments.master, "--out", f"{folder}/model", "--json",
                ],
                capture_output=True,
                text=True,
                check=False,
                env=dict(os.environ, ANOMALYZE_PYTHON=sys.executable),
            )
            seconds = time.perf_counter() - start
        if ended.returncode != 0:
            fail(f"anomalyze fit ended with code {ended.returncode}: {ended.stderr.strip()}")
        report = json.loads(ended.stdout)
        whole.append(seconds)
        running.append(seconds - report["lineage"]["engine_start_seconds"])
        digests.append(report["digest"])
    return whole, running, digests


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jar", default=os.environ.get("LINKEDIN_ISOLATION_FOREST_JAR", ""))
    parser.add_argument("--program", default=".build/release/anomalyze")
    parser.add_argument("--rows", required=True)
    parser.add_argument("--columns", required=True)
    parser.add_argument("--key", default="tx_id")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    if not os.path.isfile(arguments.jar):
        fail(
            f"there is no jar {arguments.jar or '(none named)'}: get LinkedIn's isolation-forest for your Spark and Scala"
            " (Maven: com.linkedin.isolation-forest) and name it with --jar or LINKEDIN_ISOLATION_FOREST_JAR"
        )
    columns = arguments.columns.split(",")
    whole, running, digests = ours(arguments, columns)
    seconds, thresholds = theirs(arguments, columns)
    print(
        json.dumps(
            {
                "linkedin_seconds": statistics.median(seconds),
                "linkedin_thresholds": thresholds,
                "anomalyze_seconds": statistics.median(whole),
                "anomalyze_seconds_in_running_session": statistics.median(running),
                "anomalyze_digests": digests,
                "ratio": statistics.median(seconds) / statistics.median(whole),
                "ratio_in_running_session": statistics.median(seconds) / statistics.median(running),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
