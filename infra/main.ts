import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "cdktf";
import { dashed, parseStackMap, type StackMap } from "../actions/shared/src/contracts/stack-map.ts";
import { type Artifacts, buildArtifacts } from "./artifacts.ts";
import { PlatformStack } from "./platform-stack.ts";
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
  for (const stack of stacks) {
    const build = await code.build(stack.id);
    await build(new PlatformStack(app, { map, stack, artifacts }));
  }
  app.synth();
  for (const { id } of stacks)
    await copyFile(providerLock, join(outDir, "stacks", dashed(id), ".terraform.lock.hcl"));
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
