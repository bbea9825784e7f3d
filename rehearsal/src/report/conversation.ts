import type { PullReport } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

/** A pull request's conversation, as a person sees it on GitHub. */
export function conversation(pull: PullReport): Html {
  const before = pull.shown.filter(({ after }) => after === "pull-request.yml");
  const after = pull.shown.filter((shown) => !before.includes(shown));
  const state = pull.merged === undefined ? "open" : "merged";
  return html`<article class="pull" id="pull-${pull.number}">
    <h3>${pull.title} <span class="issue">#${pull.number}</span></h3>
    <p class="meta"><span class="state ${state}">${state === "merged" ? "Merged" : "Open"}</span> <b>${pull.author}</b> wants to merge <code>${pull.branch}</code> into <code>main</code></p>
    ${post(pull.author, "opened this pull request", pull.body)}
    ${before.map((shown) => post(shown.comment.user.login, "commented", shown.comment.body))}
    ${pull.merged !== undefined && html`<p class="event"><b>${pull.author}</b> merged this as <code>${pull.merged.slice(0, 7)}</code></p>`}
    ${after.map((shown) => post(shown.comment.user.login, "brought its comment up to date", shown.comment.body))}
  </article>`;
}

function post(author: string, did: string, body: string): Html {
  const bot = author.endsWith("[bot]");
  const name = author.replace("[bot]", "");
  return html`<section class="post">
    <header><span class="avatar ${bot ? "bot" : ""}">${name.slice(0, 1).toUpperCase()}</span><b>${name}</b>${bot && html` <span class="label">bot</span>`} <span class="did">${did}</span></header>
    <div class="markdown">${renderMarkdown(body)}</div>
  </section>`;
}
