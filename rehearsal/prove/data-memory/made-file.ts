import { createCipheriv, createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** Bytes of random text in a line; as base64 they compress to three quarters and no further. */
const textBytes = 24_000;

/** Writes a gzip file of about so many bytes, of event lines that hardly compress; the same seed gives the same lines. */
export async function writeMadeFile(file: string, bytes: number, seed: number): Promise<number> {
  await pipeline(Readable.from(lines(bytes, seed)), createGzip({ level: 1 }), createWriteStream(file));
  return (await stat(file)).size;
}

function* lines(bytes: number, seed: number): Generator<string> {
  const key = createHash("sha256").update(String(seed)).digest().subarray(0, 16);
  const stream = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(textBytes);
  for (let left = bytes, id = 1; left > 0; left -= textBytes, id += 1) {
    const body = stream.update(zeros).toString("base64");
    yield `${JSON.stringify({ id: String(id), type: "IssueCommentEvent", payload: { comment: { body } } })}\n`;
  }
}
