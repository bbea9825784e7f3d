import { gzipSync } from "node:zlib";
import { type HttpServer, serve } from "../../test/http-server.ts";
import type { MotoServer } from "../../test/moto-server.ts";
import { httpArchive } from "../src/archive.ts";
import { sqsHourQueue } from "../src/hour-queue.ts";
import { TableManifest } from "../src/manifest-table.ts";
import { s3RawLayer } from "../src/raw-layer.ts";
import type { Deps } from "../src/work.ts";

/** An archive, a bucket, a table and a queue of its own, and a clock that stands still until it is set. */
export interface Scene extends AsyncDisposable {
  readonly moto: MotoServer;
  readonly archive: HttpServer;
  /** Hour → what the archive serves under it; everything else is 404. */
  readonly files: Map<string, Buffer>;
  readonly bucket: string;
  readonly table: string;
  readonly queueUrl: string;
  now: Date;
  deps(changes?: Partial<Deps>): Deps;
}

let count = 0;

export const hourFile = (events: number) =>
  gzipSync(Array.from({ length: events }, (_, id) => `{"id":"${id}"}\n`).join(""));

export async function openScene(moto: MotoServer, now: string): Promise<Scene> {
  count += 1;
  const [bucket, table] = [`scene-${count}`, `scene-${count}`];
  await moto.createBucket(bucket);
  await moto.createManifest(table);
  const queueUrl = await moto.createQueue(`scene-${count}`);
  const files = new Map<string, Buffer>();
  const archive = await serve((request, response) => {
    const body = files.get(/^\/(.*)\.json\.gz$/.exec(request.url ?? "")?.[1] ?? "");
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-length": body.length }).end(body);
  });
  const scene: Scene = {
    moto,
    archive,
    files,
    bucket,
    table,
    queueUrl,
    now: new Date(now),
    deps: (changes = {}) => ({
      archive: httpArchive(archive.url),
      rawLayer: s3RawLayer(moto.s3, bucket),
      manifest: new TableManifest(moto.dynamodb, table),
      queue: sqsHourQueue(moto.sqs, queueUrl, { sleep: async () => undefined }),
      now: () => scene.now,
      sleep: async () => undefined,
      signal: new AbortController().signal,
      tellLanding: () => undefined,
      tellAfterCare: () => undefined,
      ...changes,
    }),
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  };
  return scene;
}
