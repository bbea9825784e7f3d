import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type HttpServer, listen, sendJson } from "./http-server.ts";

/** Serves a folder's files as data.gharchive.org serves its hours. */
export async function startArchive(folder: string): Promise<HttpServer> {
  return listen(async (request, response) => {
    const file = join(folder, basename(new URL(request.url ?? "/", "http://127.0.0.1").pathname));
    const size = await stat(file).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) return sendJson(response, 404, { message: "Not found" });
    response.writeHead(200, { "content-type": "application/gzip", "content-length": size });
    await pipeline(createReadStream(file), response);
  });
}
