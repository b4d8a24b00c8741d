// One item opened: the prompt exactly as it was asked, and what every run said to it, side by side.

let opened = null; // its place among the items found
let revealing = false;

async function openItem(place) {
  opened = table.found.indexOf(place);
  const item = await wholeItem(place);
  const focused = document.activeElement?.getAttribute("aria-label");
  byId("row-body").replaceChildren(head(place), body(place, item));
  if (revealing) reveal(byId("row-body"));
  if (!byId("row").open) byId("row").showModal();
  // The button that had the focus is another one now.
  const again = focused && byId("row").querySelector(`[aria-label="${focused}"]:not([disabled])`);
  (again || byId("row").querySelector("button:not([disabled])")).focus();
  byId("row").scrollTop = 0;
}

function step(by) {
  const next = table.found[opened + by];
  if (next !== undefined) openItem(next);
}

function head(place) {
  const button = (label, name, by) =>
    el("button", { type: "button", "aria-label": name, onclick: () => step(by), disabled: table.found[opened + by] === undefined ? "" : null }, label);
  const box = el("input", { type: "checkbox", "aria-label": "Spaces and look-alikes" });
  box.checked = revealing;
  box.addEventListener("change", () => {
    revealing = box.checked;
    openItem(place);
  });
  return el(
    "header",
    {},
    el("h2", { id: "row-id" }, cell("id", place)),
    el("span", { class: "dim" }, [taskOf(place).name, cell("group", place)].filter(Boolean).join(" · ")),
    el("span", { class: "dim" }, `${number(opened + 1)} of ${number(table.found.length)}`),
    el("label", {}, box, " spaces and look-alikes"),
    el("span", { class: "buttons" }, button("←", "Previous item", -1), button("→", "Next item", 1), el("button", { type: "button", onclick: () => byId("row").close() }, "Close")),
  );
}

function body(place, item) {
  return el(
    "div",
    { class: "row-parts" },
    item.asked.length === 0 && part("Prompt", el("p", { class: "dim" }, "These results were written before prompts were kept; run the evaluation again to see them.")),
    item.asked.map((asked) => prompt(asked, item.asked.length > 1)),
    el("div", { class: "side-by-side" }, item.runs.map((run, number) => answered(place, run, number))),
  );
}

function prompt(asked, several) {
  return part(
    several ? `Prompt of ${asked.letters.join(", ")}` : "Prompt",
    turns(asked.messages, "th"),
    asked.tools.length > 0 && unfold(`Tools on offer: ${asked.tools.length}`, () => el("div", {}, offered(asked.tools.map((tool) => items.index.tools[tool])))),
  );
}

function answered(place, run, number) {
  const name = el("h3", {}, chip(number), ` ${items.index.runs[number].name}`);
  if (!run) return el("section", { class: `run-${number}` }, name, el("p", { class: "dim" }, "It was not asked this item."));
  const last = run.answers[run.answers.length - 1];
  return el(
    "section",
    { class: `run-${number}` },
    name,
    el("p", { class: "marks" }, taskOf(place).metrics.map((metric, which) => markOf(place, number, which).kind !== "missing" && el("span", { class: `mark-of ${markOf(place, number, which).kind}` }, `${metric.name} `, el("b", {}, markOf(place, number, which).text)))),
    run.failed && el("p", { class: "fate" }, "The endpoint gave this answer up: it has the worst mark everywhere."),
    last?.refused && el("p", { class: "fate" }, `The endpoint declined the request: ${last.refused}`),
    run.said.some((turn) => turn.content || turn.tool_calls) ? turns(run.said, "th") : el("p", { class: "dim" }, "An empty answer."),
    last?.finish_reason === "length" && el("p", { class: "dim" }, `Cut off after ${number_of(last.completion_tokens)}.`),
    verdictsOf(run.facts || {}),
    unfold(`Raw answers: ${run.answers.length}`, () => el("div", {}, run.answers.map((answer) => el("pre", { lang: "th" }, JSON.stringify(answer, null, 2))))),
    run.facts && unfold("What the marks were made of", () => el("pre", { lang: "th" }, JSON.stringify(run.facts, null, 2))),
  );
}

const number_of = (tokens) => `${number(tokens)} tokens`;

/** Verdicts that a task keeps among its facts; of several ways to judge, each under its name, and no loose one. */
function verdictsOf(facts) {
  return Object.entries(facts)
    .filter(([name]) => !name.endsWith("_loose"))
    .filter(([, value]) => Array.isArray(value) && value.length > 0 && value.every((each) => each && each.outcome))
    .map(([name, list]) => part(name.replaceAll("_", " "), el("ul", { class: "verdict-list" }, list.map((verdict) => verdictLine(verdict.outcome, verdict.id, "", "", verdict.reason)))));
}
