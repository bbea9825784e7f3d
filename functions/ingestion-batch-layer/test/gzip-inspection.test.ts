import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BadArchiveError } from "../src/errors.ts";
import { inspectGzip } from "../src/gzip-inspection.ts";

const text = `${"x".repeat(70)}\n`.repeat(5_000);
const whole = gzipSync(text);
const second = gzipSync("last line without newline");

async function pass(chunks: readonly Buffer[], contentType?: string) {
  async function* source() {
    yield* chunks;
  }
  const inspection = inspectGzip(source(), contentType);
  const passed: Buffer[] = [];
  for await (const chunk of inspection.body) passed.push(chunk);
  return { bytes: Buffer.concat(passed), summary: inspection.summary() };
}

const inBytes = (buffer: Buffer) => Array.from(buffer, (byte) => Buffer.from([byte]));
const flipped = (buffer: Buffer, at: number) => {
  const copy = Buffer.from(buffer);
  copy[copy.length + at] = (copy.at(at) ?? 0) ^ 1;
  return copy;
};

describe("a whole gzip file", () => {
  test.each([
    ["in one chunk", [whole]],
    ["byte by byte", inBytes(whole)],
  ])("passes unchanged %s", async (_, chunks) => {
    const { bytes, summary } = await pass(chunks);
    expect(bytes.equals(whole)).toBe(true);
    expect(summary).toEqual({
      bytes: whole.length,
      uncompressedBytes: text.length,
      lines: 5_000,
      sha256: createHash("sha256").update(whole).digest("hex"),
    });
  });

  test.each([
    ["in one chunk", [Buffer.concat([whole, second])]],
    ["in two chunks", [whole, second]],
  ])("may consist of two members, %s", async (_, chunks) => {
    expect((await pass(chunks)).summary.lines).toBe(5_001);
  });

  test("passes when it does not compress", async () => {
    const noise = gzipSync(randomBytes(300_000).toString("base64"));
    expect((await pass([noise.subarray(0, 99_999), noise.subarray(99_999)])).summary.bytes).toBe(
      noise.length,
    );
  });
});

describe("what is not one whole gzip file is refused:", () => {
  test.each([
    ["nothing", [], "is empty"],
    [
      "an HTML page",
      [Buffer.from("<html><title>Sorry</title></html>")],
      'came as text/html and begins with "<html><title>Sorry',
    ],
    ["one byte of a header", [whole.subarray(0, 1)], "is truncated"],
    ["half a file", [whole.subarray(0, whole.length / 2)], "is truncated"],
    ["a missing last byte", [whole.subarray(0, -1)], "is truncated"],
    ["a missing trailer", [whole.subarray(0, -8)], "is truncated"],
    ["a truncated second member", [whole, second.subarray(0, -3)], "is truncated"],
    ["a wrong checksum", [flipped(whole, -6)], "is a damaged gzip file"],
    ["a wrong length", [flipped(whole, -2)], "is a damaged gzip file"],
    ["a wrong byte in the middle", [flipped(whole, -Math.floor(whole.length / 2))], "is a damaged gzip file"],
    ["text after the end", [whole, Buffer.from("garbage")], "is a damaged gzip file"],
    ["zeros after the end", [Buffer.concat([whole, Buffer.alloc(5)])], "has 5 bytes after the end"],
    ["zeros in a chunk of their own", [whole, Buffer.alloc(3), Buffer.alloc(4)], "has 7 bytes after the end"],
    ["a gzip file of nothing", [gzipSync("")], "without a single line"],
  ])("%s", async (_, chunks, message) => {
    const refused = pass(chunks, "text/html");
    await expect(refused).rejects.toThrow(BadArchiveError);
    await expect(refused).rejects.toThrow(message);
  });
});
