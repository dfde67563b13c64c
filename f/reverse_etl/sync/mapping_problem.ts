/** One thing that would make HubSpot refuse rows: every row, or those that `OPTION_MISSING` counts. */
export interface MappingProblem {
  /** HubSpot's name of the property; `object_type` or `token` where it is none of them. */
  readonly property: string;
  readonly code:
    | "TOKEN_REFUSED"
    | "SCOPE_MISSING"
    | "OBJECT_TYPE_UNKNOWN"
    | "OPTION_MISSING"
    | "PROPERTY_MISSING"
    | "PROPERTY_ARCHIVED"
    | "PROPERTY_READ_ONLY"
    | "PROPERTY_CALCULATED"
    | "PROPERTY_TYPE"
    | "KEY_NOT_UNIQUE";
  /** What is wrong. */
  readonly problem: string;
  /** What to do about it. */
  readonly fix: string;
}
