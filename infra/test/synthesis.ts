import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dashed, type StackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { synthesize } from "../main.ts";
import { type StackCode, stackCodeIn } from "../stack-code.ts";
import { fakeArtifacts } from "./fake-artifacts.ts";
import { root } from "./repository.ts";

/** One stack's `cdk.tf.json`: resources by type and then by name. */
export interface Configuration {
  readonly terraform: { readonly backend: Record<string, Record<string, unknown>> };
  readonly provider: Record<string, readonly Record<string, unknown>[]>;
  readonly data?: unknown;
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
}

export interface Synthesized {
  readonly outDir: string;
  readonly stack: (id: string) => Configuration;
}

/** Synthesizes with artifacts that cost nothing. */
export async function synthesizeForTest(
  map: StackMap,
  code: StackCode = stackCodeIn(join(root, "infra")),
): Promise<Synthesized> {
  const folder = mkdtempSync(join(tmpdir(), "synthesis-"));
  const outDir = join(folder, "out");
  await synthesize({
    map,
    code,
    artifacts: fakeArtifacts(join(folder, "artifacts")),
    providerLock: join(root, "infra/.terraform.lock.hcl"),
    outDir,
  });
  return {
    outDir,
    stack: (id) =>
      JSON.parse(readFileSync(join(outDir, "stacks", dashed(id), "cdk.tf.json"), "utf8")) as Configuration,
  };
}

/** Every resource of a type, by the name that AWS knows it under. */
export function resources(configuration: Configuration, type: string): Record<string, unknown>[] {
  return Object.values(configuration.resource[type] ?? {});
}
