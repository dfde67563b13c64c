/** The part of Windmill's OpenFlow that compiled flows use (openflow.openapi.yaml of Windmill 1.788, read 2026-11). */
export type InputTransform =
  | { readonly type: "static"; readonly value: unknown }
  | { readonly type: "javascript"; readonly expr: string };

export interface Retry {
  readonly constant?: { readonly attempts: number; readonly seconds: number };
  readonly exponential?: {
    readonly attempts: number;
    readonly multiplier: number;
    readonly seconds: number;
    readonly random_factor: number;
  };
  readonly retry_if?: { readonly expr: string };
}

export interface ScriptValue {
  readonly type: "script";
  readonly path: string;
  readonly input_transforms: Readonly<Record<string, InputTransform>>;
}

export interface ForLoopValue {
  readonly type: "forloopflow";
  readonly iterator: { readonly type: "javascript"; readonly expr: string };
  readonly modules: readonly FlowModule[];
  readonly skip_failures: boolean;
  readonly parallel: boolean;
  readonly parallelism?: number;
}

export interface BranchOneValue {
  readonly type: "branchone";
  readonly branches: readonly {
    readonly summary: string;
    readonly expr: string;
    readonly modules: readonly FlowModule[];
  }[];
  readonly default: readonly FlowModule[];
}

export interface BranchAllValue {
  readonly type: "branchall";
  readonly parallel: boolean;
  readonly branches: readonly {
    readonly summary: string;
    readonly skip_failure: boolean;
    readonly modules: readonly FlowModule[];
  }[];
}

export interface IdentityValue {
  readonly type: "identity";
}

export interface FlowModule {
  readonly id: string;
  readonly summary: string;
  readonly value: ScriptValue | ForLoopValue | BranchOneValue | BranchAllValue | IdentityValue;
  readonly skip_if?: { readonly expr: string };
  readonly retry?: Retry;
  /** Seconds. */
  readonly timeout?: number;
}

/** One property of a JSON schema, as Windmill's form reads it. */
export interface ParameterSchema {
  readonly type: "boolean" | "string" | "integer" | "number";
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
}

export interface OpenFlow {
  readonly summary: string;
  readonly description: string;
  readonly value: { readonly modules: readonly FlowModule[]; readonly failure_module?: FlowModule };
  readonly schema: {
    readonly $schema: string;
    readonly type: "object";
    readonly properties: Readonly<Record<string, ParameterSchema>>;
    readonly required: readonly string[];
    readonly order: readonly string[];
  };
}

/** A Windmill schedule file. */
export interface Schedule {
  readonly summary: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly script_path: string;
  readonly is_flow: true;
  readonly args: Readonly<Record<string, unknown>>;
  readonly no_flow_overlap: boolean;
  readonly cron_version: "v2";
}
