import type {
  ObjectStore,
  StoredObject,
  WriteCondition,
} from "../../../actions/shared/src/ports/object-store.ts";

/** Objects in memory, with the conditional writes of S3. */
export class MemoryStore implements ObjectStore {
  private readonly objects = new Map<string, StoredObject>();
  private writes = 0;

  async read(key: string): Promise<StoredObject | undefined> {
    return this.objects.get(key);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async write(key: string, body: string, condition: WriteCondition): Promise<boolean> {
    if (condition !== "always" && this.objects.get(key)?.etag !== condition.ifMatch) return false;
    this.objects.set(key, { body, etag: String(++this.writes) });
    return true;
  }
}
