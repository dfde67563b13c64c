"""Errors of DuckDB under the codes that Snowflake has for them.

fakesnow answers those it does not know with HTTP 500, which the driver takes for an outage and tries again for hours.
"""

import duckdb
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError


def snowflake_error(error):
    message = str(error).split("\n")[0]
    if isinstance(error, duckdb.TransactionException) and "onflict" in message:
        # Snowflake has no optimistic conflicts; this is what a statement gets that may not wait for a lock.
        return ProgrammingError(msg="Statement was aborted: a lock was not released.", errno=625, sqlstate="57014")
    if isinstance(error, duckdb.BinderException) and "column" in message:
        return ProgrammingError(msg=message, errno=904, sqlstate="42000")
    if isinstance(error, duckdb.BinderException):
        return ProgrammingError(msg=message, errno=2043, sqlstate="02000")
    if isinstance(error, duckdb.CatalogException):
        return ProgrammingError(msg=message, errno=2003, sqlstate="42S02")
    if isinstance(error, duckdb.ParserException):
        return ProgrammingError(msg=message, errno=1003, sqlstate="42000")
    if isinstance(error, duckdb.ConstraintException):
        return ProgrammingError(msg=message, errno=100072, sqlstate="22000")
    if isinstance(error, duckdb.ConversionException):
        return ProgrammingError(msg=message, errno=100038, sqlstate="22018")
    return ProgrammingError(msg=f"SQL execution internal error: {message}", errno=603, sqlstate="XX000")


def install():
    execute = FakeSnowflakeCursor._execute

    def mended(self, transformed, params=None):
        try:
            execute(self, transformed, params)
        except duckdb.Error as error:
            raise snowflake_error(error) from None
        except ProgrammingError as error:
            # fakesnow's own translation is less exact for these two.
            if isinstance(error.__cause__, (duckdb.BinderException, duckdb.ConversionException)):
                raise snowflake_error(error.__cause__) from None
            raise

    FakeSnowflakeCursor._execute = mended
