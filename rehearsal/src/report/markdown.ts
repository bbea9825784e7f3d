import { Marked } from "marked";
import sanitize from "sanitize-html";
import { escapeHtml, Html } from "./html.ts";

const marked = new Marked({
  gfm: true,
  renderer: {
    code({ text, lang }) {
      const lines = text.split("\n").map((line) => (lang === "diff" ? diffLine(line) : escapeHtml(line)));
      return `<pre><code>${lines.join("\n")}</code></pre>\n`;
    },
  },
});

function diffLine(line: string): string {
  const kind = { "+": "add", "-": "del", "!": "chg", "@": "hunk", "#": "note" }[line[0] ?? ""];
  return kind === undefined ? escapeHtml(line) : `<span class="diff-${kind}">${escapeHtml(line)}</span>`;
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
    allowedClasses: { span: ["diff-add", "diff-del", "diff-chg", "diff-hunk", "diff-note"] },
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
