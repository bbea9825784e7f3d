import { createHash } from "node:crypto";
import { createGunzip, type Gunzip } from "node:zlib";
import { BadArchiveError } from "./errors.ts";

export interface GzipSummary {
  /** Compressed size. */
  readonly bytes: number;
  readonly uncompressedBytes: number;
  readonly lines: number;
  /** Of the compressed bytes, hexadecimal. */
  readonly sha256: string;
}

export interface GzipInspection {
  /** The same bytes again. Throws BadArchiveError instead of ending unless they were one whole gzip file with lines in it. */
  readonly body: AsyncGenerator<Buffer, void>;
  /** Valid once the body has ended. */
  summary(): GzipSummary;
}

/**
 * Passes a gzip file through and checks it on the way, holding one chunk at a time: the header, every checksum and
 * length in the trailers, and that nothing follows. Several members in a row are one valid file (RFC 1952).
 */
export function inspectGzip(
  source: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): GzipInspection {
  const sha256 = createHash("sha256");
  const text = new LineCounter();
  const gunzip = createGunzip().on("data", (chunk: Buffer) => text.add(chunk));
  let bytes = 0;
  let head = Buffer.alloc(0);

  async function* body(): AsyncGenerator<Buffer, void> {
    const ended = endOf(gunzip);
    try {
      for await (const part of source) {
        const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
        if (head.length < 60) head = Buffer.concat([head, chunk.subarray(0, 60)]);
        bytes += chunk.length;
        sha256.update(chunk);
        // The write is never called back when the last member has ended before.
        await Promise.race([write(gunzip, chunk), ended]);
        yield chunk;
      }
      if (bytes === 0) throw new BadArchiveError("is empty: no bytes came");
      gunzip.end();
      await ended;
    } catch (error) {
      throw isZlibError(error)
        ? new BadArchiveError(faultOf(head, error.code, contentType), { cause: error })
        : error;
    } finally {
      gunzip.destroy();
    }
    if (gunzip.bytesWritten < bytes) {
      throw new BadArchiveError(`has ${bytes - gunzip.bytesWritten} bytes after the end of the gzip file`);
    }
    if (text.lines === 0) throw new BadArchiveError("is a gzip file without a single line in it");
  }

  const summary = () => ({
    bytes,
    uncompressedBytes: text.bytes,
    lines: text.lines,
    sha256: sha256.copy().digest("hex"),
  });
  return { body: body(), summary };
}

/** Lines of a text that comes in chunks; the last one needs no newline. */
class LineCounter {
  bytes = 0;
  private newlines = 0;
  private lastByte = 0x0a;

  get lines(): number {
    return this.newlines + (this.lastByte === 0x0a ? 0 : 1);
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.lastByte = chunk.at(-1) ?? this.lastByte;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) this.newlines += 1;
  }
}

function endOf(gunzip: Gunzip): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    gunzip.once("end", resolve).once("close", resolve).once("error", reject);
  });
  // Whoever awaits it gets the error; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return ended;
}

function write(gunzip: Gunzip, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    gunzip.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_")
  );
}

function faultOf(head: Buffer, code: string, contentType: string | undefined): string {
  if (head[0] !== 0x1f || (head.length > 1 && head[1] !== 0x8b)) {
    const beginning = JSON.stringify(head.subarray(0, 60).toString("latin1"));
    return `is not a gzip file: it came as ${contentType ?? "no content type"} and begins with ${beginning}`;
  }
  if (code === "Z_BUF_ERROR") return "is truncated: it ends before the end of the gzip file";
  return `is a damaged gzip file (${code})`;
}
