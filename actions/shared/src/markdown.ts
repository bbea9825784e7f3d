/**
 * Text from elsewhere (plans, pull requests, errors) as GitHub Markdown that says exactly that text: it pings
 * nobody, links nothing, opens no HTML and no other Markdown, and hides nothing.
 */

const zeroWidthSpace = "\u200b";
// Bidirectional overrides and other invisible characters make text look like what it is not.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const punctuation = /[\\`*_[\]#|~$>]|^[-+]/g;

/** One line of plain text for a paragraph, a list or a table cell. */
export function plainText(text: string): string {
  return visible(text.replaceAll(/\s+/g, " ").trim())
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(punctuation, (mark) => `\\${mark}`)
    .replaceAll("@", `@${zeroWidthSpace}`)
    .replaceAll("\\#", `\\#${zeroWidthSpace}`)
    .replaceAll("://", `:${zeroWidthSpace}//`)
    .replaceAll(/\b(www)\./gi, `$1${zeroWidthSpace}.`)
    .replaceAll(/\b(gh)-(?=\d)/gi, `$1${zeroWidthSpace}-`);
}

/** The same for the inside of an HTML element such as `summary`. */
export function htmlText(text: string): string {
  return visible(text.replaceAll(/\s+/g, " ").trim())
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("@", `@${zeroWidthSpace}`)
    .replaceAll("#", `#${zeroWidthSpace}`)
    .replaceAll("://", `:${zeroWidthSpace}//`);
}

/** A code span. */
export function codeSpan(text: string): string {
  const flat = visible(text.replaceAll(/\s+/g, " ").trim()).replaceAll("<!--", `<!${zeroWidthSpace}--`);
  if (flat === "") return "";
  const ticks = "`".repeat(longestRun(flat) + 1);
  return ticks === "`" ? `${ticks}${flat}${ticks}` : `${ticks} ${flat} ${ticks}`;
}

/** A code span for a cell of a table, where a pipe would end the cell even within code. */
export function codeCell(text: string): string {
  return codeSpan(text).replaceAll("|", "\\|");
}

/** A fenced block whose fence no line of it can close. */
export function fencedBlock(lines: readonly string[], language = ""): string {
  return fence(lines.map(fencedLine), language);
}

/** The same, of lines that {@link fencedLine} made. */
export function fence(lines: readonly string[], language = ""): string {
  const ticks = "`".repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)));
  return `${ticks}${language}\n${lines.join("\n")}\n${ticks}`;
}

/** A line as it stands inside a fenced block. HTML comments are broken: programs look for theirs in the text. */
export function fencedLine(line: string): string {
  return visible(line.replaceAll("\t", "  ")).replaceAll("<!--", `<!${zeroWidthSpace}--`);
}

/** Cuts on a code point; what is longer ends in "…". `length` counts as JavaScript does. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = length - 1;
  const splitsPair = /[\ud800-\udbff]/.test(text[end - 1] ?? "");
  return `${text.slice(0, splitsPair ? end - 1 : end)}…`;
}

function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(
      invisible,
      (character) => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
    );
}

function longestRun(text: string): number {
  let longest = 0;
  for (const run of text.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  return longest;
}
