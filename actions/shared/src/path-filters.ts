import type { Stack } from "./contracts/stack-map.ts";

/** Path filters of stacks against lists of files: which stacks a change concerns, and which filters are dead. */

export interface FilteredStack {
  readonly id: string;
  /** Globs relative to the repository; "!" takes back, and the last that matches decides. */
  readonly paths: readonly string[];
}

type Matcher = (path: string) => boolean;

interface Filter {
  readonly text: string;
  readonly negated: boolean;
  /** Folder (or file) in which every match lies; "" for the whole repository. */
  readonly base: string;
  /** "all" matches all below the base and the base itself, "exact" the base alone. */
  readonly kind: "all" | "exact" | "glob";
}

interface Rule {
  readonly filter: Filter;
  readonly stack: number;
}

const globCharacters = /[*?[\]{}()!\\]/;

/**
 * Most filters are a folder and all below it. Those are found by looking up the folders of a file, which
 * costs the same for ten stacks as for ten thousand; the glob engine is loaded and asked only where a filter
 * needs it, and only for files in the part of the tree that the filter names.
 */
export class PathFilters {
  private readonly stacks: readonly FilteredStack[];
  private readonly filters: readonly (readonly Filter[])[];
  private readonly withNegation: ReadonlySet<number>;
  private readonly rules = new Map<string, Rule[]>();
  private readonly matchers = new Map<string, Matcher>();

  constructor(stacks: Iterable<FilteredStack>) {
    this.stacks = [...stacks];
    this.filters = this.stacks.map(({ paths }) => paths.map(parseFilter));
    this.withNegation = new Set(
      this.filters.flatMap((list, stack) => (list.some(({ negated }) => negated) ? [stack] : [])),
    );
    for (const [stack, list] of this.filters.entries()) {
      for (const filter of list) {
        if (filter.negated) continue;
        const rules = this.rules.get(filter.base);
        if (rules === undefined) this.rules.set(filter.base, [{ filter, stack }]);
        else rules.push({ filter, stack });
      }
    }
  }

  /** The changed files that concern each stack, by its id; stacks that none concerns are absent. */
  async match(files: readonly string[]): Promise<Map<string, string[]>> {
    await this.prepare();
    const found = new Map<number, string[]>();
    const rulesOfFolder = new Map<string, readonly Rule[]>();
    for (const file of files) {
      const path = file.normalize();
      const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      let rules = rulesOfFolder.get(folder);
      if (rules === undefined) {
        rules = this.rulesAbove(folder);
        rulesOfFolder.set(folder, rules);
      }
      for (const rule of rules) this.take(rule, path, file, found);
      for (const rule of this.rules.get(path) ?? []) this.take(rule, path, file, found);
    }
    return new Map(
      [...found].sort(([left], [right]) => left - right).map(([stack, list]) => [this.idOf(stack), list]),
    );
  }

  /** Positive filters that match none of the tracked files (sorted as git sorts them), by stack. */
  async unmatched(
    tracked: readonly string[],
  ): Promise<{ readonly stack: string; readonly filter: string }[]> {
    await this.prepare();
    const names = tracked.map((file) => file.normalize());
    const dead: { stack: string; filter: string }[] = [];
    for (const [stack, list] of this.filters.entries()) {
      for (const filter of list)
        if (!filter.negated && !this.matchesAny(filter, names))
          dead.push({ stack: this.idOf(stack), filter: filter.text });
    }
    return dead;
  }

  private async prepare(): Promise<void> {
    const globs = this.filters.flat().filter(({ kind, text }) => kind === "glob" && !this.matchers.has(text));
    if (globs.length === 0) return;
    const { default: picomatch } = await import("picomatch");
    for (const { text } of globs)
      this.matchers.set(text, picomatch(globOf(text), { dot: true, nonegate: true }));
  }

  private rulesAbove(folder: string): readonly Rule[] {
    const rules = [...(this.rules.get("") ?? [])];
    for (let end = folder.indexOf("/"); end > 0; end = folder.indexOf("/", end + 1))
      rules.push(...(this.rules.get(folder.slice(0, end)) ?? []));
    if (folder !== "") rules.push(...(this.rules.get(folder) ?? []));
    return rules;
  }

  private take({ filter, stack }: Rule, path: string, file: string, found: Map<number, string[]>): void {
    const list = found.get(stack);
    if (list?.at(-1) === file || !this.matches(filter, path)) return;
    if (this.withNegation.has(stack) && !this.lastWord(stack, path)) return;
    if (list === undefined) found.set(stack, [file]);
    else list.push(file);
  }

  private lastWord(stack: number, path: string): boolean {
    return this.filters[stack]?.findLast((filter) => this.matches(filter, path))?.negated === false;
  }

  private matches({ kind, base, text }: Filter, path: string): boolean {
    if (kind === "exact") return path === base;
    if (kind === "all")
      return base === "" || path === base || (path.startsWith(base) && path[base.length] === "/");
    return this.matchers.get(text)?.(path) ?? false;
  }

  private matchesAny(filter: Filter, sorted: readonly string[]): boolean {
    const start = filter.base === "" ? 0 : lowerBound(sorted, filter.base);
    for (let index = start; index < sorted.length && (sorted[index] ?? "").startsWith(filter.base); index++)
      if (this.matches(filter, sorted[index] ?? "")) return true;
    // The order of bytes and that of JavaScript's strings differ beyond the first 65,536 characters.
    return nonAscii.test(filter.base) && sorted.some((path) => this.matches(filter, path));
  }

  private idOf(stack: number): string {
    return this.stacks[stack]?.id ?? "";
  }
}

const nonAscii = /[^\0-\x7f]/;

function parseFilter(text: string): Filter {
  const negated = text.startsWith("!") && !text.startsWith("!(");
  const glob = globOf(text);
  const folder = glob.endsWith("/**") ? glob.slice(0, -3) : undefined;
  if (glob === "**") return { text, negated, base: "", kind: "all" };
  if (folder !== undefined && !globCharacters.test(folder))
    return { text, negated, base: folder, kind: "all" };
  if (!globCharacters.test(glob)) return { text, negated, base: glob, kind: "exact" };
  const fixed = glob.slice(0, glob.search(globCharacters));
  // "a/b+(c)" and "a/b@(c)" begin their glob one character before the bracket; the folder is right either way.
  return { text, negated, base: fixed.slice(0, Math.max(0, fixed.lastIndexOf("/"))), kind: "glob" };
}

/** The filter as a glob: without its "!", without "./" or "/" before it; "folder/" means all below. */
function globOf(text: string): string {
  const positive = text.startsWith("!") && !text.startsWith("!(") ? text.slice(1) : text;
  const glob = positive.normalize().replace(/^(?:\.?\/)+/, "");
  return glob.endsWith("/") ? `${glob}**` : glob;
}

function lowerBound(sorted: readonly string[], value: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A plain folder counts before the filters, so that the stack's own "!" filters can take parts of it back. */
export function filtersOf({ id, folder, paths, synthesized }: Stack): FilteredStack {
  return { id, paths: synthesized ? paths : [folder === "." ? "**" : `${folder}/**`, ...paths] };
}

/** Whether one of the files concerns the stack. */
export async function concerns(stack: Stack, files: readonly string[]): Promise<boolean> {
  const matches = await new PathFilters([filtersOf(stack)]).match(files);
  return (matches.get(stack.id) ?? []).length > 0;
}
