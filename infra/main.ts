import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "cdktf";
import {
  dashed,
  parseStackMap,
  type Stack,
  type StackMap,
} from "../actions/shared/src/contracts/stack-map.ts";
import { type Artifacts, buildArtifacts } from "./artifacts.ts";
import { namingOf, PlatformStack } from "./platform-stack.ts";
import { type StackCode, stackCodeIn } from "./stack-code.ts";

export interface SynthesisProps {
  readonly map: StackMap;
  readonly code: StackCode;
  readonly artifacts: Artifacts;
  /** Provider lock that goes into every stack. */
  readonly providerLock: string;
  readonly outDir: string;
}

/** Writes every synthesized stack of the map to `<outDir>/stacks/<id with dashes>`, and the manifest. */
export async function synthesize({
  map,
  code,
  artifacts,
  providerLock,
  outDir,
}: SynthesisProps): Promise<void> {
  const app = new App({ outdir: outDir, skipValidation: true });
  const stacks = [...map.stacks.values()].filter(({ synthesized }) => synthesized);
  checkOwnership(map, stacks);
  for (const stack of stacks) {
    const build = await code.build(stack.id);
    await build(new PlatformStack(app, { map, stack, artifacts, code }));
  }
  app.synth();
  for (const { id } of stacks)
    await copyFile(providerLock, join(outDir, "stacks", dashed(id), ".terraform.lock.hcl"));
}

/**
 * What a stack owns is told by the beginning of the name, so no stack's beginning may be that of another, nor
 * that of the roles that deploy.
 */
function checkOwnership(map: StackMap, stacks: readonly Stack[]): void {
  for (const stack of stacks) {
    const { prefix } = namingOf(map, stack);
    const other = stacks.find(
      (candidate) => candidate !== stack && namingOf(map, candidate).prefix.startsWith(prefix),
    );
    if (other !== undefined)
      throw new Error(
        `Names in the stack ${other.id} begin like those of ${stack.id} (${prefix}), so one's role could act on the other's resources. Rename one of them.`,
      );
    if (/^(plan|apply)-/.test(`${dashed(stack.id)}-`))
      throw new Error(
        `The stack id ${stack.id} would give its resources names of deploy roles (${prefix}). Rename it.`,
      );
  }
}

/** Synthesizes the repository that this file is part of. */
export async function synthesizeRepository(outDir: string): Promise<void> {
  const infra = fileURLToPath(new URL("./", import.meta.url));
  const root = fileURLToPath(new URL("../", import.meta.url));
  const file = ".github/stacks.yml";
  const built = await mkdtemp(join(tmpdir(), "artifacts-"));
  try {
    await synthesize({
      map: parseStackMap(readFileSync(join(root, file), "utf8"), file),
      code: stackCodeIn(infra),
      artifacts: buildArtifacts(root, built),
      providerLock: join(infra, ".terraform.lock.hcl"),
      outDir,
    });
  } finally {
    await rm(built, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outDir = process.argv[2];
  if (outDir === undefined) throw new Error("Usage: node infra/main.ts DIR");
  await synthesizeRepository(outDir);
}
