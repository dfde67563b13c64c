import { flowContract } from "./flow_contract.ts";

flowContract("DuckDB");
