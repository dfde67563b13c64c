import { snowflakeDialect } from "../../f/reverse_etl/warehouse/dialect.ts";
import type { Bind, Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";

export interface Asked {
  readonly sql: string;
  readonly binds: readonly Bind[];
}

/** A Snowflake whose answer to each statement is what the test says; it remembers what was asked and how many sessions are open. */
export interface ScriptedWarehouse {
  readonly asked: readonly Asked[];
  openSessions(): number;
  open(): Promise<Warehouse>;
}

export function scriptedWarehouse(
  answer: (statement: Asked) => readonly Row[] | Promise<readonly Row[]>,
): ScriptedWarehouse {
  const asked: Asked[] = [];
  let sessions = 0;
  return {
    asked,
    openSessions: () => sessions,
    async open() {
      sessions += 1;
      return {
        dialect: snowflakeDialect,
        async query(sql, binds = []) {
          asked.push({ sql, binds });
          return answer({ sql, binds });
        },
        execute: () => Promise.reject(new Error("nothing is written here")),
        async submit(sql, limitSeconds) {
          asked.push({ sql, binds: [`${limitSeconds}`] });
          return (await answer({ sql, binds: [] }))[0]?.query_id ?? "";
        },
        stream: () => {
          throw new Error("nothing is streamed here");
        },
        transaction: () => Promise.reject(new Error("nothing is written here")),
        async close() {
          sessions -= 1;
        },
      };
    },
  };
}
