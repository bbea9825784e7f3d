import type { LockHolder } from "../../../actions/shared/src/ports/locks.ts";

export type Kind = LockHolder["kind"];

/** Which lock lies in each place, as every request that was granted has left it; and who deleted what. */
export class World {
  readonly locks = new Map<Kind, string>();
  /** Locks that our code deleted and that were not the one it was told to release. */
  wrongByUnlock = 0;
  rightByUnlock = 0;
  /** The same of Terraform's own unlock, which reads, compares and then deletes whatever is there. */
  wrongByTerraform = 0;

  deletedByUnlock(kind: Kind, meant: string): void {
    if (this.locks.get(kind) === meant) this.rightByUnlock++;
    else this.wrongByUnlock++;
    this.locks.delete(kind);
  }

  deletedByTerraform(kind: Kind, own: string): void {
    const found = this.locks.get(kind);
    if (found !== undefined && found !== own) this.wrongByTerraform++;
    this.locks.delete(kind);
  }
}
