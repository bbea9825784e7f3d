/**
 * Text from elsewhere, fit for a log: on one line, since the runner takes a line that begins with `::` for a
 * command, and cut to a sensible length.
 */
export function oneLine(text: string, maxLength = 300): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}
