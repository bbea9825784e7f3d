/** What a file of a root module reads besides itself, as far as its text tells. */
export interface References {
  /**
   * Paths that string literals name, cut before their first interpolation or glob. `base` tells what they
   * are relative to: the file's own folder, the folder that Terraform runs in, or either.
   */
  readonly paths: readonly { readonly path: string; readonly base: "module" | "root" | "either" }[];
  /** Expressions that read a file whose name the text does not tell. */
  readonly unknown: readonly string[];
}

const commentLine = /^\s*(?:#|\/\/).*$/gm;
/** Found by its opening alone: in JSON a literal stands within a literal. */
const ownFolder = /\$\{\s*path\.(module|root)\s*\}\/?([^"\s]*)/g;
const relativeLiteral = /"(\.{1,2}(?:\/[^"\n]*)?)"/g;
const fileFunction =
  /\b(?:file(?:exists|base64|md5|sha1|sha256|sha512|base64sha256|base64sha512|set)?|templatefile)\(\s*("?)([^"(),\s]*)/g;
/** A module's own folder, or what Terraform itself makes during the run. */
const harmlessArgument = /^(?:path\.(?:module|root)|data\..+)$/;
const interpolationOrGlob = /[$%]\{|[*?[{]/;

/**
 * Finds what Terraform text, HCL or JSON, refers to in the file system. It takes too much rather than too
 * little: every literal that begins like a relative path counts, whatever it is used for.
 */
export function readReferences(text: string): References {
  const plain = text.replaceAll('\\"', '"').replace(commentLine, "");
  const paths: References["paths"][number][] = [];
  const unknown: string[] = [];
  for (const [, owner, rest = ""] of plain.matchAll(ownFolder))
    paths.push({ path: fixedPart(rest), base: owner === "root" ? "root" : "module" });
  for (const [, path = ""] of plain.matchAll(relativeLiteral))
    paths.push({ path: fixedPart(path), base: "either" });
  for (const [call, quote, argument = ""] of plain.matchAll(fileFunction)) {
    if (quote === '"') paths.push(...rootReference(argument));
    else if (!harmlessArgument.test(argument)) unknown.push(call.replaceAll(/\s+/g, ""));
  }
  return { paths, unknown };
}

function rootReference(argument: string): References["paths"] {
  if (argument.startsWith("$") || argument.startsWith(".")) return [];
  return [{ path: fixedPart(argument), base: "root" }];
}

/** Up to the folder in which the first thing that is not fixed lies; `a/b-${x}` gives `a`. */
function fixedPart(path: string): string {
  const end = path.search(interpolationOrGlob);
  if (end < 0) return path === "" ? "." : path;
  const fixed = path.slice(0, end);
  const slash = fixed.lastIndexOf("/");
  return slash < 0 ? "." : fixed.slice(0, slash + 1);
}
