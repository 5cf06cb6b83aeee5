"""Runs one task of a job of shards: what every adapter calls on the machine of a worker, and array jobs call directly.

Usage of array jobs: shard_task.py JOB.json INDEX, where all machines see the paths of the job. See notebooks-md/guides/many-machines.md.
"""
import functools
import hashlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading

FINAL_CODES = (2, 3)  # A wrong command line or wrong data stays wrong.


class TaskFailed(Exception):
    """A shard that will fail again wherever it is tried."""

    def __init__(self, report):
        super().__init__(json.dumps(report))
        self.report = report


def read_files(job):
    """The contents of the job's files by their names, to be sent to the machines of the workers."""
    contents = {}
    for name, path in job["files"].items():
        with open(path, "rb") as file:
            contents[name] = file.read()
    return contents


def installed(binary, digest):
    """The path of the delivered program on this machine, written once for all tasks."""
    path = os.path.join(tempfile.gettempdir(), f"anomalyze-{os.getuid()}-{digest[:16]}")
    if not os.path.exists(path):
        with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir(), delete=False) as file:
            file.write(binary)
        os.chmod(file.name, 0o700)
        os.replace(file.name, path)
    if os.lstat(path).st_uid != os.getuid():
        raise RuntimeError(f"{path} belongs to another user; remove it or set TMPDIR")
    return path


def digest_of(binary):
    return hashlib.sha256(binary).hexdigest()


@functools.lru_cache(maxsize=None)
def version_of(worker, changed_at):
    """The version that the program at a path tells, asked once by each process while its file stays as it is."""
    output = subprocess.run([worker, "--version"], capture_output=True, text=True, check=False)
    return (output.stdout.split() or ["unknown"])[-1]


def check_version(worker, expected, shard):
    actual = version_of(worker, os.stat(worker).st_mtime_ns)
    if actual != expected:
        raise TaskFailed({"shard": shard, "exit_code": 2, "reason": "wrong version", "version": actual})


def run_task(task, files, worker, version):
    """Runs the worker of one shard and returns the bytes of its result and of the memory that it had.

    Raises TaskFailed for what will fail again, and RuntimeError for what may succeed elsewhere or later.
    """
    check_version(worker, version, task["shard"])
    with tempfile.TemporaryDirectory(prefix="anomalyze-task-") as folder:
        for name, content in files.items():
            path = os.path.join(folder, "files", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        out = os.path.join(folder, "out")
        arguments = [
            text.replace("{files}", os.path.join(folder, "files")).replace("{out}", out)
            for text in task["arguments"]
        ]
        # The native worker ends with this process, so that a killed executor leaves nothing running.
        ended = subprocess.run(
            [worker, *arguments],
            input=task["input"].encode(),
            capture_output=True,
            check=False,
            env=dict(
                os.environ,
                ANOMALYZE_DRIVER=str(os.getpid()),
                ANOMALYZE_PYTHON=sys.executable,
                ANOMALYZE_ENGINES=os.path.dirname(os.path.abspath(__file__)),
            ),
        )
        if ended.returncode == 0:
            with open(out, "rb") as file:
                return file.read(), json.loads(ended.stdout).get("peak_bytes", 0)
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        report = {
            "shard": task["shard"],
            "exit_code": ended.returncode,
            "reason": lines[-1] if lines else f"ended by code {ended.returncode}",
        }
        if ended.returncode in FINAL_CODES:
            raise TaskFailed(report)
        raise RuntimeError(json.dumps(report))


def report_of(error, shard):
    """What is told about a shard that failed for good, whatever the engine wrapped its error in."""
    if isinstance(error, TaskFailed):
        return error.report
    for line in reversed(str(error).splitlines()):
        start = line.find("{")
        if start >= 0:
            try:
                found = json.JSONDecoder().raw_decode(line[start:])[0]
                if "exit_code" in found:
                    return found
            except ValueError:
                pass
    text = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return {"shard": shard, "exit_code": -1, "reason": text}


def write_result(path, content):
    with open(path + ".part", "wb") as file:
        file.write(content)
    os.replace(path + ".part", path)


def end_with_driver():
    """Ends this process when the one that wants its work ends, however it did; the engine's workers end with this one."""
    driver = os.environ.get("ANOMALYZE_DRIVER")
    if not driver:
        return
    try:
        ended = os.pidfd_open(int(driver))
    except ProcessLookupError:
        os._exit(1)

    def watch():
        select.select([ended], [], [])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def jobs():
    """The jobs on standard input, one a line until it ends, each with a function that reports how it ended."""
    end_with_driver()
    # What engines print is not part of the reports.
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def finish(repeated, failed=None, peak=0):
        report = {"repeated": repeated, "failed": failed, "peak_bytes": peak}
        print(json.dumps(report), file=reports, flush=True)

    for line in sys.stdin:
        yield json.loads(line), finish


def run_indexed(path, index):
    """Runs the task of number `index` of the job in a file, for array jobs."""
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    task = job["tasks"][index]
    try:
        result, _ = run_task(task, read_files(job), job["worker"]["path"], job["worker"]["version"])
    except (TaskFailed, RuntimeError) as error:
        write_result(task["output"] + ".failed", json.dumps(report_of(error, task["shard"])).encode())
        raise SystemExit(1) from error
    write_result(task["output"], result)


def print_rows(path, key, columns):
    """Prints columns of numbers of a Parquet file, and the key's texts, as CSV: what the native worker reads of such a shard.

    Ends with the worker's own exit codes: 2 without pyarrow, 3 for columns that it cannot use, 4 for a file that cannot be read.
    """

    def fail(code, reason):
        print(reason, file=sys.stderr)
        raise SystemExit(code)

    try:
        import pyarrow as arrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        fail(2, f"reading Parquet needs pyarrow for {sys.executable}: pip install pyarrow")
    try:
        file = arrow.parquet.ParquetFile(path)
    except (OSError, arrow.ArrowException) as error:
        fail(4, str(error).splitlines()[0])
    fields = []
    for name in ([key] if key else []) + [column for column in columns if column != key]:
        if name not in file.schema_arrow.names:
            fail(3, f"{path} has no column {name}; it has {', '.join(file.schema_arrow.names)}")
        kind = file.schema_arrow.field(name).type
        if name in columns and not (
            arrow.types.is_integer(kind)
            or arrow.types.is_floating(kind)
            or arrow.types.is_decimal(kind)
            or arrow.types.is_boolean(kind)
        ):
            fail(3, f"column {name} of {path} is of type {kind}; numbers are needed")
        # A decimal's text is rounded once, by the worker, as everywhere.
        is_text = name == key or arrow.types.is_decimal(kind)
        fields.append(arrow.field(name, arrow.string() if is_text else arrow.float64()))
    schema = arrow.schema(fields)
    options = arrow.csv.WriteOptions(quoting_style="needed")
    try:
        with arrow.csv.CSVWriter(sys.stdout.buffer, schema, write_options=options) as writer:
            for batch in file.iter_batches(batch_size=16_384, columns=schema.names):
                if key and batch.column(key).null_count:
                    fail(3, f"a row of {path} has no {key}")
                arrays = [batch.column(field.name).cast(field.type) for field in schema]
                writer.write_batch(arrow.record_batch(arrays, schema=schema))
    except (OSError, arrow.ArrowException) as error:
        fail(4, str(error).splitlines()[0])


if __name__ == "__main__":
    if sys.argv[1] == "rows":
        print_rows(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        run_indexed(sys.argv[1], int(sys.argv[2]))
