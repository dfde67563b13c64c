"""Turns fakesnow's Arrow results into Snowflake's JSON rowsets: the Node.js driver reads nothing else."""

import base64

import pyarrow as pa


def json_result(data):
    """Rewrites the `data` of a query's answer in place."""
    if data.get("queryResultFormat") == "arrow":
        encoded = base64.b64decode(data.pop("rowsetBase64"))
        data["rowset"] = rows(encoded, data["rowtype"]) if encoded else []
        data["queryResultFormat"] = "json"
    if "rowset" in data:
        data["returned"] = data["total"] = len(data["rowset"])


def rows(encoded, rowtype):
    table = pa.ipc.open_stream(encoded).read_all()
    columns = [
        [text(value, column["type"]) for value in table.column(index).to_pylist()]
        for index, column in enumerate(rowtype)
    ]
    return [list(row) for row in zip(*columns)]


def text(value, kind):
    """A cell as Snowflake encodes it: a string or null."""
    if value is None:
        return None
    if kind == "boolean":
        return "1" if value else "0"
    if kind == "date":
        return str(value.toordinal() - 719163)
    if kind.startswith("timestamp"):
        # A null timestamp is a struct of nulls.
        if value["epoch"] is None:
            return None
        seconds = f"{value['epoch']}.{value['fraction']:09d}"
        return f"{seconds} {value['timezone']}" if "timezone" in value else seconds
    if kind == "binary":
        return value.hex().upper()
    if kind == "real":
        return repr(value)
    return str(value)
