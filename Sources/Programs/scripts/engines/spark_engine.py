"""Runs jobs of shards on Apache Spark: reads each as a line of JSON, writes the results where it says and a line of report.

The cluster is a master's URL (spark://host:7077, yarn, k8s://…); without one it is local[workers], which listens on loopback
only. Spark delivers the program and the job's files, repeats lost tasks, and brings the results to the driver.
"""
import os
import sys

from pyspark import SparkFiles
from pyspark.sql import SparkSession

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shard_task  # noqa: E402


def session(job):
    cluster = job["cluster"] or f"local[{job['workers']},{job['attempts']}]"
    builder = (
        SparkSession.builder.master(cluster)
        .appName("anomalyze shards")
        .config("spark.task.maxFailures", job["attempts"])
        .config("spark.ui.enabled", "false")
        .config("spark.locality.wait", "0")
    )
    if cluster.startswith("local"):
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config(
            "spark.driver.host", "127.0.0.1"
        )
    return builder.getOrCreate()


def run(context, job):
    """Runs all tasks; returns the number of repeated ones, the first final failure, and the most memory that a worker had."""
    worker = job["worker"]
    context.addPyFile(shard_task.__file__)
    delivered = worker["delivered"]
    if delivered:
        context.addFile(worker["path"])
    name, path = os.path.basename(worker["path"]), worker["path"]
    version, attempts = worker["version"], job["attempts"]
    files = context.broadcast(shard_task.read_files(job))

    def work(number_and_task):
        import shard_task as tasks
        from pyspark import TaskContext

        number, task = number_and_task
        binary = SparkFiles.get(name) if delivered else path
        attempt = TaskContext.get().attemptNumber()
        try:
            return number, attempt, tasks.run_task(task, files.value, binary, version), None
        except tasks.TaskFailed as error:
            # Returned, not thrown: what will fail again is not to be repeated.
            return number, attempt, None, error.report
        except RuntimeError as error:
            if attempt + 1 < attempts:
                raise
            return number, attempt, None, tasks.report_of(error, task["shard"])

    numbered = list(enumerate(job["tasks"]))
    repeated, peak = 0, 0
    rows = context.parallelize(numbered, len(numbered)).map(work)
    for number, attempt, result, report in rows.collect():
        if report is not None:
            return repeated, report, peak
        repeated += attempt
        content, bytes_used = result
        peak = max(peak, bytes_used)
        shard_task.write_result(job["tasks"][number]["output"], content)
    return repeated, None, peak


def main():
    spark = None
    for job, finish in shard_task.jobs():
        try:
            spark = spark or session(job)
            spark.sparkContext.setLogLevel("ERROR")
            # A job without tasks only asks for the session.
            repeated, failed, peak = run(spark.sparkContext, job) if job["tasks"] else (0, None, 0)
        except Exception as error:  # noqa: BLE001, whatever the engine threw ends the job
            repeated, failed, peak = 0, shard_task.report_of(error, "of a lost executor"), 0
        finish(repeated, failed, peak)
    if spark:
        spark.stop()


if __name__ == "__main__":
    main()
