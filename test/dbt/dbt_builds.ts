import { buildModels } from "../../f/reverse_etl/dbt/build_models.ts";
import {
  type DbtBackend,
  type DbtBuild,
  type DbtRequest,
  type DbtResult,
  openDbtBackend,
} from "../../f/reverse_etl/dbt/dbt_backend.ts";
import type { Clock } from "../../f/reverse_etl/sync/clock.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { jumpingClock } from "../hubspot/virtual_clock.ts";

export interface Surroundings {
  readonly clock?: Clock;
  readonly openWarehouse?: () => Promise<Warehouse>;
  readonly started?: (build: DbtBuild) => Promise<void>;
}

const noWarehouse = () => Promise.reject(new Error("this test has no warehouse"));

export function openBackend(resource: unknown, surroundings: Surroundings = {}): DbtBackend {
  const { clock = jumpingClock(), openWarehouse = noWarehouse } = surroundings;
  return openDbtBackend(resource, { clock, openWarehouse });
}

/** What the dbt prep does with a resource, on a clock on which pauses take no time. */
export function buildWith(
  resource: unknown,
  request: DbtRequest,
  surroundings: Surroundings = {},
): Promise<DbtResult> {
  const { clock = jumpingClock(), started = async () => {} } = surroundings;
  return buildModels(openBackend(resource, { ...surroundings, clock }), request, { clock, started });
}
