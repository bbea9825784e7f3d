import { didYouMean } from "../suggest.ts";

/** Jobs of a workflow are static: deploy has this many fixed jobs, one a wave. */
export const maxWaves = 5;

export interface Waves {
  /** Wave of each stack, counted from 1. */
  readonly waves: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

/** Gives each stack the wave after the last of its dependencies; unknown dependencies and circles are faults. */
export function resolveWaves(after: ReadonlyMap<string, readonly string[]>): Waves {
  const faults = unknownDependencies(after);
  const waves = new Map<string, number>();
  let wave = 1;
  for (let open = [...after.keys()]; open.length > 0; wave++) {
    const ready = open.filter((id) =>
      (after.get(id) ?? []).every((needed) => waves.has(needed) || !after.has(needed)),
    );
    if (ready.length === 0)
      return {
        waves,
        faults: [...faults, `stacks: a circle of \`after\`: ${circle(open[0] ?? "", after, waves)}`],
      };
    for (const id of ready) waves.set(id, wave);
    open = open.filter((id) => !waves.has(id));
  }
  if (wave - 1 > maxWaves)
    faults.push(
      `stacks: the \`after\` of the stacks makes ${wave - 1} waves; at most ${maxWaves} can be deployed in order`,
    );
  return { waves, faults };
}

function unknownDependencies(after: ReadonlyMap<string, readonly string[]>): string[] {
  const known = [...after.keys()];
  return known.flatMap((id) =>
    (after.get(id) ?? [])
      .filter((needed) => !after.has(needed))
      .map(
        (needed) =>
          `stacks › ${id}: \`after\` names the unknown stack "${needed}", ${didYouMean(needed, known)}`,
      ),
  );
}

function circle(
  start: string,
  after: ReadonlyMap<string, readonly string[]>,
  done: ReadonlyMap<string, number>,
): string {
  const trail: string[] = [];
  for (let at: string | undefined = start; at !== undefined; ) {
    const seen = trail.indexOf(at);
    if (seen >= 0) return [...trail.slice(seen), at].join(" → ");
    trail.push(at);
    at = (after.get(at) ?? []).find((needed) => after.has(needed) && !done.has(needed));
  }
  return trail.join(" → ");
}
