import { ArchiveUnavailableError, HourMissingError } from "./errors.ts";

/** The published hours. */
export interface Archive {
  /**
   * Starts reading an hour's file. Throws HourMissingError when there is none, and ArchiveUnavailableError, also
   * from the body, when the server does not deliver.
   */
  open(hourName: string, signal: AbortSignal): Promise<ArchiveFile>;
}

export interface ArchiveFile {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string | undefined;
}

/** How long the server may send nothing, before its answer and within it. */
export interface ArchivePatience {
  readonly headersMs: number;
  readonly idleMs: number;
}

export function httpArchive(
  url: string,
  patience: ArchivePatience = { headersMs: 20_000, idleMs: 30_000 },
): Archive {
  return {
    async open(hourName, signal) {
      const fileUrl = `${url}/${hourName}.json.gz`;
      const silence = new Silence(signal);
      const response = await silence.limit(patience.headersMs, () => request(fileUrl, silence.signal));
      await refuseFailure(response, fileUrl);
      return {
        body: readBody(response, fileUrl, { silence, idleMs: patience.idleMs }),
        contentType: response.headers.get("content-type") ?? undefined,
      };
    },
  };
}

/** Ends the request when the server is silent for too long, or when the caller's own signal says so. */
class Silence {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();

  constructor(callerSignal: AbortSignal) {
    this.signal = AbortSignal.any([callerSignal, this.controller.signal]);
  }

  async limit<T>(limitMs: number, wait: () => Promise<T>): Promise<T> {
    const timer = setTimeout(
      () => this.controller.abort(new Error(`nothing came for ${limitMs} ms`)),
      limitMs,
    );
    try {
      return await wait();
    } finally {
      clearTimeout(timer);
    }
  }
}

async function request(fileUrl: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(fileUrl, { signal, headers: { "accept-encoding": "identity" } });
  } catch (error) {
    throw new ArchiveUnavailableError(`${fileUrl} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function refuseFailure(response: Response, fileUrl: string): Promise<void> {
  if (response.status === 200) return;
  await response.body?.cancel();
  if (response.status === 404) {
    throw new HourMissingError(
      `${fileUrl} does not exist: the hour is not published yet, or the archive has a hole here`,
    );
  }
  throw new ArchiveUnavailableError(`${fileUrl} answered with status ${response.status}`);
}

async function* readBody(
  response: Response,
  fileUrl: string,
  { silence, idleMs }: { readonly silence: Silence; readonly idleMs: number },
): AsyncGenerator<Uint8Array, void> {
  const announced = response.headers.get("content-length");
  const reader = response.body?.getReader();
  let bytes = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await silence.limit(idleMs, () => reader.read());
      if (done) break;
      bytes += value.byteLength;
      yield value;
    }
  } catch (error) {
    throw new ArchiveUnavailableError(`${fileUrl} broke off after ${bytes} bytes: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  if (
    announced !== null &&
    response.headers.get("content-encoding") === null &&
    Number(announced) !== bytes
  ) {
    throw new ArchiveUnavailableError(`${fileUrl} announced ${announced} bytes and sent ${bytes}`);
  }
}

/** The innermost cause says what happened; fetch itself says only "fetch failed" or "terminated". */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}
