import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { ActionError } from "./action-error.ts";
import { Git } from "./adapters/git.ts";
import { readReferences } from "./terraform-references.ts";

/** What a plain Terraform folder is made of. Paths are relative to the workspace, with "/". */
export interface Closure {
  /** Every file there is of it, sorted. */
  readonly files: readonly string[];
  /** The folders and files that it consists of, those that do not exist (any more) too. */
  readonly roots: readonly string[];
  /** Why this may not be all: reads that its text does not tell. */
  readonly doubts: readonly string[];
}

const scanned = /(?:\.tf|\.tofu|\.tf\.json|\.tfvars|\.tfvars\.json|\.tftpl|\.tpl)$/;
const readByTerraformItself =
  /(?:\.tf|\.tofu|\.tf\.json|^terraform\.tfvars(?:\.json)?|\.auto\.tfvars(?:\.json)?)$/;

/** Made by Terraform, never part of a configuration. */
const byproduct =
  /(?:^|\/)(?:\.git|\.terraform)(?:\/|$)|\.tfstate(?:\.[^/]*)?$|\.tfplan(?:\.json)?$|\.tflock$|(?:^|\/)crash\.log$/;

export function isByproduct(path: string): boolean {
  return byproduct.test(path);
}

/**
 * Everything that the root module in `folder` reads: its tracked files, local modules, and the files that its
 * text names, transitively. Of files that git does not track only those count that Terraform loads by itself
 * or that the text names, so that what earlier steps leave in the workspace changes nothing.
 */
export async function terraformClosure(workspace: string, folder: string): Promise<Closure> {
  const walk = new ClosureWalk(await realpath(workspace), folder);
  return await walk.run();
}

class ClosureWalk {
  private readonly workspace: string;
  private readonly folder: string;
  private readonly git: Git;
  private readonly files = new Set<string>();
  private readonly roots = new Set<string>();
  private readonly doubts = new Set<string>();
  private readonly open: string[] = [];
  private tracked = false;

  constructor(workspace: string, folder: string) {
    this.workspace = workspace;
    this.folder = folder;
    this.git = new Git(workspace);
  }

  async run(): Promise<Closure> {
    const start = await kindOf(join(this.workspace, this.folder));
    if (start !== "folder") {
      throw new ActionError(`there is no folder ${this.folder} in the workspace`, {
        hint: "Correct the stack's `folder` in the stack map, or check out the repository first.",
      });
    }
    this.tracked = await this.git.isRepository();
    await this.addRoot(resolve(this.workspace, this.folder));
    for (let file = this.open.pop(); file !== undefined; file = this.open.pop()) await this.scan(file);
    return {
      files: [...this.files].sort(),
      roots: outermost([...this.roots].sort()),
      doubts: [...this.doubts].sort(),
    };
  }

  private async addRoot(path: string): Promise<void> {
    const name = this.inside(path);
    if (name === undefined || this.roots.has(name) || this.files.has(name)) return;
    this.roots.add(name);
    const kind = await kindOf(path);
    if (kind === "folder") for (const file of await this.filesBelow(name)) await this.addFile(file);
    else if (kind !== "missing") await this.addFile(name);
  }

  /** Undefined, and a doubt, for what lies outside. */
  private inside(path: string): string | undefined {
    const name = relative(this.workspace, path).split(sep).join("/");
    if (name !== ".." && !name.startsWith("../")) return name === "" ? "." : name;
    this.doubts.add(`it refers to ${name}, which is outside the workspace`);
    return undefined;
  }

  private async filesBelow(folder: string): Promise<string[]> {
    if (!this.tracked) return await walkFolder(this.workspace, folder);
    const own = await readdir(join(this.workspace, folder), { withFileTypes: true });
    const untracked = own.filter((entry) => entry.isFile() && readByTerraformItself.test(entry.name));
    const loaded = untracked.map((entry) => (folder === "." ? entry.name : `${folder}/${entry.name}`));
    const tracked = await this.git.trackedFiles([folder]);
    // A folder that the text names and git ignores is the output of a build.
    return tracked.length + loaded.length === 0
      ? await walkFolder(this.workspace, folder)
      : [...tracked, ...loaded];
  }

  private async addFile(name: string): Promise<void> {
    if (isByproduct(name) || this.files.has(name)) return;
    const path = join(this.workspace, name);
    const kind = await kindOf(path);
    if (kind === "missing") return;
    if (kind === "folder") {
      // A submodule: git lists it as one path.
      for (const file of await walkFolder(this.workspace, name)) await this.addFile(file);
      return;
    }
    this.files.add(name);
    if (kind === "link") await this.addRoot(await linkTarget(path));
    if (scanned.test(name)) this.open.push(name);
  }

  private async scan(name: string): Promise<void> {
    const path = join(this.workspace, name);
    if ((await kindOf(await linkTarget(path))) !== "file") return;
    const { paths, unknown } = readReferences(await readFile(path, "utf8"));
    for (const expression of unknown)
      this.doubts.add(`${name} reads ${expression}…), a name that only a run tells`);
    for (const { path: reference, base } of paths) {
      for (const candidate of await this.meant(dirname(path), reference, base)) await this.addRoot(candidate);
    }
  }

  /** What a module names by "./x" is its own, what a function is given so is the root's: whichever there is. */
  private async meant(own: string, reference: string, base: "module" | "root" | "either"): Promise<string[]> {
    const ofModule = resolve(own, reference);
    const ofRoot = resolve(this.workspace, this.folder, reference);
    if (base !== "either") return [base === "module" ? ofModule : ofRoot];
    const kinds = await Promise.all([kindOf(ofModule), kindOf(ofRoot)]);
    const existing = [ofModule, ofRoot].filter((_, index) => kinds[index] !== "missing");
    return existing.length > 0 ? existing : [ofModule, ofRoot];
  }
}

function outermost(sorted: readonly string[]): string[] {
  if (sorted.includes(".")) return ["."];
  const kept = new Set<string>();
  for (const name of sorted) {
    let end = name.indexOf("/");
    while (end > 0 && !kept.has(name.slice(0, end))) end = name.indexOf("/", end + 1);
    if (end < 0) kept.add(name);
  }
  return [...kept];
}

async function kindOf(path: string): Promise<"file" | "folder" | "link" | "missing"> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (stats === undefined) return "missing";
  if (stats.isSymbolicLink()) return "link";
  return stats.isDirectory() ? "folder" : "file";
}

/** Where a link leads, or the path itself; of a link that leads nowhere, the link. */
async function linkTarget(path: string): Promise<string> {
  return await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return path;
    throw error;
  });
}

/** Every file below a folder, except what Terraform or git put there. */
export async function walkFolder(workspace: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
    const name = folder === "." || folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (isByproduct(name)) continue;
    if (entry.isDirectory()) found.push(...(await walkFolder(workspace, name)));
    else found.push(name);
  }
  return found;
}
