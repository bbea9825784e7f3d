import { comparePlan } from "../../shared/src/compare-plan.ts";
import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { StoredMarker } from "../../shared/src/deployment-marker.ts";
import type { PlannedStack } from "../../shared/src/planned-stack.ts";
import { readRecords } from "../../shared/src/record-store.ts";
import { mergedSince, type Range } from "./merged-since.ts";
import { type Found, isAbout, type ReviewedIn, review, reviewTogether, type Verdict } from "./review.ts";
import { whySpent } from "./spent.ts";

export interface Holding {
  readonly found: Found;
  readonly digest: PlannedStack["digest"];
  readonly reviewedIn: ReviewedIn;
  readonly marker: StoredMarker | undefined;
  readonly range: Omit<Range, "after">;
}

/**
 * Holds a found plan to what was reviewed: to one record of the same configuration, or, on main, to all that
 * was merged since the last deployment, each change reviewed unchanged.
 */
export async function hold(holding: Holding): Promise<Verdict> {
  const { found, digest, reviewedIn, marker, range } = holding;
  const records = await readRecords(range.store, range.stack, digest);
  const { live, spent } = await sift(records, holding);
  const verdict = review(found, live);
  if (verdict.status === "reviewed" || reviewedIn.in === "run") return orSpent(verdict, found, spent);
  const since = await mergedSince({ ...range, after: marker?.marker.commit });
  const merged = await sift(since.records, holding);
  const known = new Set(live.map(({ run }) => `${run.id}-${run.attempt}`));
  const others = merged.live.filter(({ run }) => !known.has(`${run.id}-${run.attempt}`));
  if (since.gap !== undefined || others.length === 0)
    return orSpent(withReason(verdict, since.gap), found, spent);
  const together = reviewTogether(found, [...live, ...others]);
  return together.status === "reviewed" || verdict.status === "unreviewed" ? together : verdict;
}

interface Sifted {
  readonly live: readonly PlanRecord[];
  readonly spent: readonly { readonly record: PlanRecord; readonly why: string }[];
}

async function sift(
  records: readonly PlanRecord[],
  { found, reviewedIn, marker, range }: Holding,
): Promise<Sifted> {
  const live: PlanRecord[] = [];
  const spent: { record: PlanRecord; why: string }[] = [];
  const { store, stack, history } = range;
  const recordsOf = (digest: string) => readRecords(store, stack, digest);
  for (const record of records.filter((each) => isAbout(each, found, reviewedIn))) {
    const why = await whySpent(record, { marker, history, recordsOf });
    if (why === undefined) live.push(record);
    else spent.push({ record, why });
  }
  return { live, spent };
}

function orSpent(verdict: Verdict, found: Found, spent: Sifted["spent"]): Verdict {
  const last = spent.toSorted((one, two) => one.record.createdAt.localeCompare(two.record.createdAt)).at(-1);
  if (verdict.status !== "unreviewed" || last === undefined) return verdict;
  const { differences } = comparePlan(found.plan, { ...last.record, changes: [], outputs: [] });
  return { status: "spent", why: last.why, differences: [...differences] };
}

function withReason(verdict: Verdict, gap: string | undefined): Verdict {
  return verdict.status === "unreviewed" ? { ...verdict, why: gap } : verdict;
}
