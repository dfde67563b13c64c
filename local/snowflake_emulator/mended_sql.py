"""Statements that mean in Snowflake what fakesnow 0.12.1 does not make of them.

Each mend rewrites one function of the parsed statement into the DuckDB SQL that has Snowflake's result.
"""

from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

TEXT = (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT)

# Snowflake's format elements that Tailrace uses, as strftime's; %g is milliseconds, cut and not rounded.
FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"': "%Y-%m-%dT%H:%M:%S.%gZ",
}


def anonymous(name, *arguments):
    return exp.Anonymous(this=name, expressions=list(arguments))


def formatted(node):
    """TO_CHAR with a format: sqlglot leaves the format out, or where it knows the type keeps the quotes around a literal Z."""
    if isinstance(node, exp.TimeToStr):
        node.set("format", exp.Literal.string(node.args["format"].name.replace('"', "")))
    if isinstance(node, exp.ToChar) and node.args.get("format"):
        known = FORMATS.get(node.args["format"].name)
        if known is None:
            raise NotImplementedError(f"TO_CHAR with the format {node.args['format'].name}")
        return anonymous("strftime", node.this, exp.Literal.string(known))
    return node


def field_text(node):
    """CAST(GET(…) AS VARCHAR): text, not JSON with its quotes; a JSON null is NULL."""
    if isinstance(node, exp.Cast) and node.to.this in TEXT and isinstance(node.this, exp.GetExtract):
        field = node.this.expression
        path = exp.Literal.string(f'$."{field.name}"')
        return anonymous("json_extract_string", anonymous("to_json", node.this.this), path)
    return node


def milliseconds_added(node):
    """DATEADD in milliseconds: sqlglot counts them in 32 bits, which ends after 24 days."""
    if isinstance(node, exp.DateAdd) and node.unit.name.upper() == "MILLISECOND":
        count = exp.cast(anonymous("round", node.expression), "BIGINT")
        return exp.paren(exp.Add(this=node.this, expression=anonymous("to_milliseconds", count)))
    return node


def sum_of_hashes(node):
    """SUM(HASH(…)): fakesnow sums doubles, whose result depends on the order of the rows."""
    if isinstance(node, exp.Sum) and isinstance(node.this, exp.Anonymous) and node.this.name.upper() == "HASH":
        node.set("this", exp.cast(node.this, "HUGEINT"))
    return node


def percentile(node):
    """PERCENTILE_CONT … WITHIN GROUP: sqlglot leaves an ORDER BY among the arguments of QUANTILE_CONT."""
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont):
        return anonymous("quantile_cont", node.expression.expressions[0].this, node.this.this)
    return node


def trimmed(node):
    """TRIM of anything but a cast: fakesnow casts it and forgets which characters to trim, and on which side."""
    if isinstance(node, exp.Trim) and not isinstance(node.this, exp.Cast):
        node.set("this", exp.cast(node.this, "VARCHAR"))
    return node


MENDS = (formatted, trimmed, field_text, milliseconds_added, sum_of_hashes, percentile)


def mend(node):
    for one in MENDS:
        node = one(node)
    return node


def install():
    transform = FakeSnowflakeCursor._transform

    def mended(self, expression, params):
        return transform(self, expression.transform(mend), params)

    FakeSnowflakeCursor._transform = mended
