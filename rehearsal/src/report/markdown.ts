import { Marked } from "marked";
import sanitize from "sanitize-html";
import { escapeHtml, Html } from "./html.ts";

const marked = new Marked({
  gfm: true,
  renderer: {
    code({ text, lang }) {
      const content = lang === "diff" ? text.split("\n").map(diffLine).join("") : escapeHtml(text);
      return `<pre><code>${content}</code></pre>\n`;
    },
  },
});

const kinds: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "del",
  "!": "chg",
  "@": "hunk",
  "#": "note",
};

/** A line of its own, as wide as the block. */
function diffLine(line: string): string {
  return `<span class="diff-${kinds[line[0] ?? ""] ?? "same"}">${escapeHtml(line)}\n</span>`;
}

const alerts = {
  NOTE: "Note",
  TIP: "Tip",
  IMPORTANT: "Important",
  WARNING: "Warning",
  CAUTION: "Caution",
} as const;

/** GitHub-flavoured Markdown as GitHub shows it, with nothing active left in it. */
export function renderMarkdown(text: string): Html {
  const rendered = marked.parse(text.replaceAll(/<!--[\s\S]*?-->/g, ""), { async: false });
  const clean = sanitize(rendered, {
    allowedTags: [...sanitize.defaults.allowedTags, "details", "summary", "del", "ins", "h1", "h2", "input"],
    allowedAttributes: {
      a: ["href", "title"],
      details: ["open"],
      th: ["align"],
      td: ["align"],
      input: ["type", "checked", "disabled"],
      span: ["class"],
    },
    allowedClasses: { span: ["diff-add", "diff-del", "diff-chg", "diff-hunk", "diff-note", "diff-same"] },
    allowedSchemes: ["http", "https", "mailto"],
  });
  return new Html(withAlerts(clean));
}

function withAlerts(rendered: string): string {
  return rendered.replaceAll(
    /<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/g,
    (_, kind: keyof typeof alerts) =>
      `<blockquote class="alert ${kind.toLowerCase()}"><p class="alert-title">${alerts[kind]}</p><p>`,
  );
}
