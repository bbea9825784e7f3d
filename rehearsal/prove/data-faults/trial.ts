import { join } from "node:path";
import { listen } from "../../src/servers/http-server.ts";
import type { BatchFunction } from "../data/batch-function.ts";
import type { Lake } from "../data/lake.ts";
import type { Scene } from "./faults.ts";

/** What became of an hour, and how that differs from what must become of it. */
export interface Landed {
  readonly scene: Scene;
  /** `BadArchiveError`, or `landed`. */
  readonly outcome: string;
  readonly wrong: readonly string[];
}

export interface FaultyArchive extends AsyncDisposable {
  readonly url: string;
  /** From now on the archive has this hour whole. */
  mend(scene: Scene): void;
}

/** An archive with these hours in it. */
export async function serveScenes(scenes: readonly Scene[]): Promise<FaultyArchive> {
  const byPath = new Map(scenes.map((scene) => [`/${scene.hour}.json.gz`, scene]));
  const mended = new Set<Scene>();
  const server = await listen(async (request, response) => {
    const scene = byPath.get(request.url ?? "");
    if (scene === undefined) response.writeHead(404).end();
    else if (mended.has(scene))
      response.writeHead(200, { "content-length": scene.whole.length }).end(scene.whole);
    else scene.answer(response);
  });
  return {
    url: server.url,
    mend: (scene) => void mended.add(scene),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Asks for the hour; where it does not land, nothing may be there, and it must land once the archive is mended. */
export async function landFaulty(
  scene: Scene,
  batch: BatchFunction,
  archive: FaultyArchive,
): Promise<Landed> {
  const { expected, hour } = scene;
  const wrong: string[] = [];
  const first = await batch.invoke({ hour });
  const outcome = first.error?.name ?? "landed";
  if (outcome !== (expected.error ?? "landed"))
    wrong.push(`${outcome} in place of ${expected.error ?? "landed"}: ${first.error?.message ?? ""}`);
  if (first.error !== null) {
    if (await isThere(hour, batch)) wrong.push("something landed all the same");
    if (!first.error.message.includes(hour))
      wrong.push(`the error does not name the hour: ${first.error.message}`);
    archive.mend(scene);
    const again = await batch.invoke({ hour });
    if (again.error !== null)
      wrong.push(`mended, it does not land: ${again.error.name} ${again.error.message}`);
  }
  return { scene, outcome, wrong };
}

async function isThere(hour: string, batch: BatchFunction): Promise<boolean> {
  return (await batch.landed()).some((key) => key.endsWith(`/${hour}.json.gz`));
}

/** Copies what landed into a lake on this machine, for the jobs. */
export async function bringHome(batch: BatchFunction, lake: Lake): Promise<void> {
  for (const key of await batch.landed()) lake.land(join(lake.root, "raw", key), await batch.read(key));
}

/** What the lake holds of these hours otherwise than must be. */
export async function judgeRows(landed: readonly Landed[], lake: Lake): Promise<Landed[]> {
  const rows = await lake.rowsOfFiles();
  const refused = lake.refused();
  return landed.map((one) => {
    const { hour, expected, wholeRows } = one.scene;
    const isOwn = ({ file }: { readonly file: string }) => file.endsWith(`/${hour}.json.gz`);
    const found = Object.fromEntries(
      rows.filter(isOwn).map(({ date, rows }): [string, number] => [date, rows]),
    );
    const lines = refused.filter(isOwn).map(({ line, reason }) => ({ line, reason }));
    return {
      ...one,
      wrong: [
        ...one.wrong,
        ...different("rows", found, expected.rows ?? wholeRows),
        ...different("refused lines", lines, expected.refused ?? []),
      ],
    };
  });
}

function different(what: string, found: unknown, expected: unknown): string[] {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  return one === other ? [] : [`${what} are ${one}, not ${other}`];
}
