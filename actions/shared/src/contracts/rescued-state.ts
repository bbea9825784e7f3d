/**
 * A state that Terraform could not write to its backend is kept here, encrypted as the bucket is, for the
 * apply role alone. While one is there, nothing more is applied to its stack.
 */
export function rescuedPrefix(stack: string): string {
  return `rescued/${stack}/`;
}

export function rescuedKey(stack: string, run: { readonly id: string; readonly attempt: number }): string {
  return `${rescuedPrefix(stack)}${run.id}-${run.attempt}.tfstate`;
}

/** Whether a key below the prefix is of this very stack, and not of one whose id begins with this one's. */
export function isRescued(stack: string, key: string): boolean {
  return /^\d+-\d+\.tfstate$/.test(key.slice(rescuedPrefix(stack).length));
}
