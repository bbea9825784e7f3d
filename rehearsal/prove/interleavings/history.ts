import { createHash } from "node:crypto";

/** Paths with their content. */
export type Tree = Readonly<Record<string, string>>;

interface Commit {
  readonly parents: readonly string[];
  readonly tree: Tree;
  /** Longest way from the first commit, to find the nearest common ancestor. */
  readonly height: number;
}

/** A repository in memory: commits, merges and what git says about them. */
export class History {
  private readonly commits = new Map<string, Commit>();

  commit(tree: Tree, parents: readonly string[]): string {
    const height = Math.max(0, ...parents.map((parent) => this.get(parent).height + 1));
    const name = hash(`${this.commits.size} ${parents.join(" ")}`).slice(0, 40);
    this.commits.set(name, { parents, tree, height });
    return name;
  }

  all(): string[] {
    return [...this.commits.keys()];
  }

  has(commit: string): boolean {
    return this.commits.has(commit);
  }

  tree(commit: string): Tree {
    return this.get(commit).tree;
  }

  parents(commit: string): readonly string[] {
    return this.get(commit).parents;
  }

  isAncestor(ancestor: string, commit: string): boolean {
    this.get(ancestor);
    return this.ancestors(commit).has(ancestor);
  }

  /** Without those that `after` has, newest first. */
  firstParents(after: string | undefined, upTo: string): string[] {
    const known = after === undefined ? new Set<string>() : this.ancestors(after);
    const line: string[] = [];
    for (let at: string | undefined = upTo; at !== undefined && !known.has(at); at = this.parents(at)[0])
      line.push(at);
    return line;
  }

  mergeBase(left: string, right: string): string | undefined {
    const others = this.ancestors(right);
    return [...this.ancestors(left)]
      .filter((name) => others.has(name))
      .toSorted((a, b) => this.get(b).height - this.get(a).height)[0];
  }

  changedFiles(left: string, right: string): string[] {
    const [before, after] = [this.tree(left), this.tree(right)];
    const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...paths].filter((path) => before[path] !== after[path]).sort();
  }

  /** The tree in which both sides' changes since their common ancestor stand; undefined on a conflict. */
  mergedTree(ours: string, theirs: string): Tree | undefined {
    const base = this.tree(this.mergeBase(ours, theirs) ?? ours);
    return merge(base, this.tree(ours), this.tree(theirs));
  }

  private ancestors(commit: string): Set<string> {
    const seen = new Set<string>();
    const waiting = [commit];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      waiting.push(...this.get(name).parents);
    }
    return seen;
  }

  private get(commit: string): Commit {
    const found = this.commits.get(commit);
    if (found === undefined) throw new Error(`there is no commit ${commit}`);
    return found;
  }
}

export function merge(base: Tree, ours: Tree, theirs: Tree): Tree | undefined {
  const merged: Record<string, string> = {};
  for (const path of new Set([...Object.keys(base), ...Object.keys(ours), ...Object.keys(theirs)])) {
    const [before, left, right] = [base[path], ours[path], theirs[path]];
    if (left !== right && left !== before && right !== before) return undefined;
    const content = left === before ? right : left;
    if (content !== undefined) merged[path] = content;
  }
  return merged;
}

export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Stands for the configuration digest: of every file below the stack's folder. */
export function digestOf(tree: Tree, folder: string): string {
  const files = Object.entries(tree).filter(([path]) => path.startsWith(`${folder}/`));
  return `sha256:${hash(JSON.stringify(files.sort()))}`;
}
