"""Remembers what fakesnow makes of a statement's text: a long one costs it a second, and Tailrace repeats its statements."""

import importlib
from functools import lru_cache
from threading import RLock

from fakesnow import dialect
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

# Statements of one process; the tests of Tailrace have some hundred.
REMEMBERED = 2000

# Their translation depends on nothing but the text and the schema of the session.
REPEATABLE = (exp.Select, exp.Union, exp.Insert, exp.Update, exp.Delete)


def install():
    """Comes after the mends, so that what is remembered is mended."""
    # Sessions that begin together ask for the same statements together: one of them works, and the others wait for what it remembers.
    one_at_a_time = RLock()
    parse_once = lru_cache(REMEMBERED)(dialect.parse_one)

    def parse_one(*arguments, **options):
        with one_at_a_time:
            return parse_once(*arguments, **options)

    for module in ("fakesnow.server", "fakesnow.cursor"):
        importlib.import_module(module).parse_one = parse_one

    transform = FakeSnowflakeCursor._transform
    translations = {}

    def remembered(self, expression, params):
        if not isinstance(expression, REPEATABLE) or expression.find(exp.DynamicIdentifier):
            return transform(self, expression, params)
        # What was parsed is kept beside its translation, so its identity stands for the text as long as the entry lives.
        key = (id(expression), self._conn.schema)
        with one_at_a_time:
            if key not in translations:
                if len(translations) >= REMEMBERED:
                    translations.clear()
                translated = transform(self, expression, params)
                rendered = translated.sql(dialect="duckdb")
                translated.sql = lambda **_: rendered
                translations[key] = (expression, translated)
            return translations[key][1]

    def describe_last_sql(self):
        self._duck_conn.execute(f"DESCRIBE {self._last_sql}", self._last_params)
        return self._duck_conn.fetchall()

    FakeSnowflakeCursor._transform = remembered
    FakeSnowflakeCursor._describe_last_sql = describe_last_sql
