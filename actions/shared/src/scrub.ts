export const maskedValue = "(sensitive value)";

/** Hides texts that are secret in one place wherever else they show, also as JSON writes them. */
export function scrub(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets) {
    clean = clean
      .replaceAll(secret, maskedValue)
      .replaceAll(JSON.stringify(secret).slice(1, -1), maskedValue);
  }
  return clean;
}
