#!/usr/bin/env node
// The one file of JavaScript: npx starts it with plain Node, and everything behind it is TypeScript without a build step.
import { register } from "tsx/esm/api";

register();
await import("./main.ts");
