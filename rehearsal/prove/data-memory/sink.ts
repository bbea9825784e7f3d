import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpServer, listen } from "../../src/servers/http-server.ts";

/** S3 as far as landing one large object needs it: takes the parts, keeps their digest and forgets them. */
export interface Sink extends HttpServer {
  /** Of the objects that were completed. */
  readonly stored: readonly { readonly bytes: number; readonly sha256: string }[];
}

/** moto keeps objects in memory, several times over, and takes minutes for 400 MB. */
export async function startSink(): Promise<Sink> {
  const stored: { bytes: number; sha256: string }[] = [];
  let digest = createHash("sha256");
  let bytes = 0;
  const take = async (request: IncomingMessage) => {
    for await (const chunk of request) {
      digest.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  };
  const complete = (response: ServerResponse) => {
    stored.push({ bytes, sha256: digest.digest("hex") });
    digest = createHash("sha256");
    bytes = 0;
    sendXml(
      response,
      "<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag></CompleteMultipartUploadResult>",
    );
  };
  const server = await listen(async (request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method === "HEAD") return void response.writeHead(404).end();
    if (request.method === "PUT") {
      await take(request);
      return void response.writeHead(200, { etag: '"part"' }).end();
    }
    request.resume();
    if (searchParams.has("uploads"))
      return sendXml(
        response,
        "<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>",
      );
    if (request.method === "POST") return complete(response);
    response.writeHead(501).end();
  });
  return { ...server, stored };
}

function sendXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "application/xml" }).end(`<?xml version="1.0"?>\n${body}`);
}
