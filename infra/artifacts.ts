import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A function's deployment package. */
export interface FunctionBundle {
  readonly name: string;
  /** Path of the zip file. */
  readonly zip: string;
  /** Hex. */
  readonly sha256: string;
}

/** A file that a Glue job reads from S3. */
export interface ContentFile {
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
}

/** What the stacks deploy besides configuration, built when the first stack asks for it. */
export interface Artifacts {
  /** Throws when there is no function of that name. */
  functionBundle(name: string): Promise<FunctionBundle>;
  /** The library that every job imports. */
  gluePackage(): Promise<ContentFile>;
  /** Path of a job's entry, `glue/jobs/<name>.py`. */
  glueScript(name: string): string;
}

/** Builds from the sources below `root`, into `outDir`. */
export function buildArtifacts(root: string, outDir: string): Artifacts {
  let functions: Promise<readonly FunctionBundle[]> | undefined;
  let glue: Promise<ContentFile> | undefined;
  return {
    async functionBundle(name) {
      functions ??= buildFunctions(root, join(outDir, "functions"));
      const found = (await functions).find((bundle) => bundle.name === name);
      if (found === undefined) throw new Error(`There is no function ${name} in functions/.`);
      return found;
    },
    gluePackage() {
      glue ??= buildGluePackage(root, join(outDir, "glue"));
      return glue;
    },
    glueScript: (name) => join(root, "glue", "jobs", `${name}.py`),
  };
}

async function buildFunctions(root: string, outDir: string): Promise<readonly FunctionBundle[]> {
  await mkdir(outDir, { recursive: true });
  const builder = (await import(moduleUrl(root, "functions/build.ts"))) as {
    buildFunctions(outDir: string): Promise<readonly FunctionBundle[]>;
  };
  return builder.buildFunctions(outDir);
}

async function buildGluePackage(root: string, outDir: string): Promise<ContentFile> {
  await mkdir(outDir, { recursive: true });
  const builder = (await import(moduleUrl(root, "glue/package.ts"))) as {
    buildGluePackage(outDir: string): Promise<ContentFile>;
  };
  return builder.buildGluePackage(outDir);
}

function moduleUrl(root: string, path: string): string {
  return pathToFileURL(join(root, path)).href;
}
