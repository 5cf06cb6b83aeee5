"""Runs jobs of shards on Dask: reads each as a line of JSON, writes the results where it says and a line of report.

Without a cluster's address it starts one of processes on this machine, which listen on loopback only.
"""
import os
import sys

import dask
from distributed import Client, LocalCluster, as_completed

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shard_task  # noqa: E402


def work(task, files, binary, digest, worker, version):
    # Machines of a cluster need not have the folder of this script; Client.upload_file sends the module.
    import shard_task as tasks

    path = worker if binary is None else tasks.installed(binary, digest)
    return tasks.run_task(task, files, path, version)


def delivered(client, worker, sent):
    """The program on the cluster, sent once in a session, with its digest."""
    if worker["path"] not in sent:
        with open(worker["path"], "rb") as file:
            binary = file.read()
        digest = shard_task.digest_of(binary)
        sent[worker["path"]] = (client.scatter([binary], broadcast=True, hash=False)[0], digest)
    return sent[worker["path"]]


def run(client, job, sent):
    """Runs all tasks, each at most `attempts` times.

    Returns the number of repeated ones, the first final failure, and the most memory that a worker had.
    """
    worker = job["worker"]
    binary, digest = delivered(client, worker, sent) if worker["delivered"] else (None, None)
    files = client.scatter([shard_task.read_files(job)], broadcast=True, hash=False)[0]

    def submit(task):
        return client.submit(
            work, task, files, binary, digest, worker["path"], worker["version"], pure=False
        )

    waiting = {submit(task): (task, 1) for task in job["tasks"]}
    repeated, peak = 0, 0
    queue = as_completed(list(waiting))
    for future in queue:
        task, attempt = waiting.pop(future)
        error = future.exception()
        if error is None:
            result, bytes_used = future.result()
            peak = max(peak, bytes_used)
            shard_task.write_result(task["output"], result)
            continue
        if isinstance(error, shard_task.TaskFailed) or attempt == job["attempts"]:
            return repeated, shard_task.report_of(error, task["shard"]), peak
        repeated += 1
        again = submit(task)
        waiting[again] = (task, attempt + 1)
        queue.add(again)
    return repeated, None, peak


def session(job):
    """A client of the cluster, or of a new one of this machine's processes."""
    if job["cluster"]:
        return Client(job["cluster"])
    return Client(
        LocalCluster(
            n_workers=job["workers"], threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        )
    )


def main():
    # How many workers a task may take with it before it counts as their murderer.
    dask.config.set({"distributed.scheduler.allowed-failures": 3})
    client, sent = None, {}
    for job, finish in shard_task.jobs():
        if client is None:
            client = session(job)
            client.upload_file(shard_task.__file__)
        # A job without tasks only asks for the session.
        finish(*(run(client, job, sent) if job["tasks"] else (0,)))
    if client:
        cluster = client.cluster
        client.close()
        if cluster:
            cluster.close()


if __name__ == "__main__":
    main()
