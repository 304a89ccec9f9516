import type { Environment } from "../bridge";
import { m } from "../messages";

/** Whose money it is, in words. */
export function environmentName(environment: Environment): string {
  return { demo: m.environment_demo, sandbox: m.environment_sandbox, live: m.environment_live }[
    environment
  ]();
}
