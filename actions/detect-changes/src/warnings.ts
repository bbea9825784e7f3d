import type { SelectedStack } from "./selection.ts";

const mostListed = 3;

/** "a, b, c and 4 more". */
export function listed(items: readonly string[], most = mostListed): string {
  const shown = items.slice(0, most).join(", ");
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** Stacks whose configuration differs though no filter of theirs matched: one warning for all of them. */
export function holeWarning(
  holes: readonly SelectedStack[],
  files: readonly string[],
  mapFile: string,
): string[] {
  if (holes.length === 0) return [];
  const [example = ""] = files;
  const slash = example.lastIndexOf("/");
  const filter = slash < 0 ? example : `${example.slice(0, slash)}/**`;
  const who = `${holes.length === 1 ? "Stack" : "Stacks"} ${listed(
    holes.map(({ stack }) => stack.id),
    10,
  )}`;
  if (files.length === 0)
    return [
      `${who}: the configuration differs though no file changed, so synthesis does not always write the same.`,
    ];
  const what =
    holes.length === 1
      ? "differs though none of its path filters matches"
      : "differ though none of their path filters matches";
  return [
    `${who} ${what} what changed (${listed(files, 5)}). ${holes.length === 1 ? "It is" : "They are"} planned all the same; close the hole in ${mapFile} with a filter such as ${filter}.`,
  ];
}

export function unmatchedWarning(
  dead: readonly { readonly stack: string; readonly filter: string }[],
  mapFile: string,
): string[] {
  if (dead.length === 0) return [];
  const filters = dead.map(({ stack, filter }) => `${filter} (${stack})`);
  return [
    `Path filters in ${mapFile} that match no file: ${listed(filters, 10)}. A stack is not planned for files that its filters do not name.`,
  ];
}
