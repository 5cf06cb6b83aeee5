"""Times other ways to get the rows of a PostgreSQL query into memory; prints a JSON object of rows per second.

Usage: pull.py URL ROWS PANDAS_ROWS. A peer that is not installed is left out. pandas gets fewer rows, as it holds every value as an
object first.
"""
import importlib.util
import json
import sys
import time

url, rows, pandas_rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
columns = (
    "tx_id, occurred_at, user_id, amount, currency, merchant_id, merchant_category, terminal_id, device_id, channel, location, "
    "latitude, longitude"
)


def query(limit):
    return f"SELECT {columns} FROM transactions" + (f" LIMIT {limit}" if limit < rows else "")


def has(*names):
    return all(importlib.util.find_spec(name) for name in names)


def with_connectorx(limit):
    import connectorx

    return connectorx.read_sql(url, query(limit), return_type="arrow").num_rows


def with_adbc(limit):
    import adbc_driver_postgresql.dbapi

    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query(limit))
        return cursor.fetch_arrow_table().num_rows


def with_polars(limit):
    import polars

    return polars.read_database_uri(query(limit), url).height


def with_pandas(limit):
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        return len(pandas.read_sql(sqlalchemy.text(query(limit)), connection))


peers = {
    "connectorx": (with_connectorx, ("connectorx", "pyarrow"), rows),
    "adbc": (with_adbc, ("adbc_driver_postgresql", "pyarrow"), rows),
    "polars": (with_polars, ("polars", "connectorx"), rows),
    "pandas": (with_pandas, ("pandas", "sqlalchemy", "psycopg"), pandas_rows),
}
figures = {}
for name, (read, modules, limit) in peers.items():
    if not has(*modules):
        continue
    start = time.perf_counter()
    count = read(limit)
    figures[name] = count / (time.perf_counter() - start)
print(json.dumps(figures))
