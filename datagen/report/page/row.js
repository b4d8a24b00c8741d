// One row opened: turns, calls and results, constraints with their verdicts, judge, why it was dropped, origin.

const MARKS = { PASS: "✓", FAIL: "✗", UNDECIDED: "?" };
const HANDLED = new Set(
  "id split messages prompt tools lang original source constraints verdicts judge provenance stage reason detail scenario".split(" "),
);
let opened = null; // its place among the rows found

async function openRow(place) {
  opened = table.found.indexOf(place);
  const row = await wholeRow(place);
  const focused = document.activeElement?.getAttribute("aria-label");
  byId("row-body").replaceChildren(head(row), body(row));
  if (!byId("row").open) byId("row").showModal();
  // The button that had the focus is another one now.
  const again = focused && byId("row").querySelector(`button[aria-label="${focused}"]:not([disabled])`);
  (again || byId("row").querySelector("button:not([disabled])")).focus();
  byId("row").scrollTop = 0;
}

function step(by) {
  const next = table.found[opened + by];
  if (next !== undefined) openRow(next);
}

function head(row) {
  const rejected = row.split === "rejected";
  const button = (label, name, by) =>
    el("button", { type: "button", "aria-label": name, onclick: () => step(by), disabled: table.found[opened + by] === undefined ? "" : null }, label);
  return el(
    "header",
    {},
    el("h2", { id: "row-id" }, row.id || "row"),
    el("span", { class: rejected ? "badge rejected" : "badge kept" }, row.split),
    el("span", { class: "dim" }, `${number(opened + 1)} of ${number(table.found.length)}`),
    el("span", { class: "buttons" }, button("←", "Previous row", -1), button("→", "Next row", 1), el("button", { type: "button", onclick: () => byId("row").close() }, "Close")),
  );
}

function body(row) {
  return el(
    "div",
    { class: "row-parts" },
    row.stage && part(null, el("p", { class: "fate" }, el("b", {}, `Rejected by ${row.stage}: ${row.reason || ""}`), row.detail && el("span", { lang: row.lang }, row.detail))),
    part("Conversation", turns(row)),
    row.constraints?.length > 0 && part("Constraints", constraints(row)),
    !row.constraints?.length && row.verdicts?.length > 0 && part("Proof", el("ul", { class: "verdict-list" }, row.verdicts.map((verdict) => item(verdict.outcome, verdict.id, "", "", verdict.reason)))),
    typeof row.judge?.score === "number" && part("Judge", el("p", {}, el("b", {}, `${row.judge.score} of 10`), ` by ${row.judge.model || "an unnamed model"}`), row.judge.reason && el("p", { lang: row.lang }, row.judge.reason)),
    row.original && part("Before translation", el("p", { class: "said" }, row.original)),
    row.tools && part(`Tools on offer${Array.isArray(row.tools) ? `: ${row.tools.length}` : ""}`, offered(row.tools)),
    part("Origin", origin(row)),
    unfold("Everything, as JSON", () => el("pre", {}, JSON.stringify(row, null, 2))),
  );
}

const part = (title, ...content) => el("section", {}, title && el("h3", {}, title), content);

/** Made when it is unfolded, for it may be long. */
function unfold(title, make) {
  const made = el("details", {}, el("summary", {}, title));
  made.addEventListener("toggle", () => made.open && made.childElementCount === 1 && made.append(make()));
  return made;
}

function turns(row) {
  const given = row.messages || row.prompt || [];
  const list = Array.isArray(given) ? given : [{ role: "user", content: given }];
  const names = new Map(list.flatMap((turn) => (turn.tool_calls || []).map((call) => [call.id, call.function?.name])));
  return el(
    "ol",
    { class: "turns" },
    list.map((turn) =>
      el(
        "li",
        { class: `turn ${["system", "user", "assistant", "tool"].includes(turn.role) ? turn.role : ""}` },
        el("span", { class: "role" }, turn.role === "tool" ? `result of ${names.get(turn.tool_call_id) || "a call"}` : turn.role || ""),
        turn.content && (turn.role === "tool" ? values(read(turn.content)) : el("p", { class: "said", lang: row.lang, dir: "auto" }, turn.content)),
        (turn.tool_calls || []).map((call) => el("div", { class: "call" }, el("b", {}, `→ ${call.function?.name}`), values(read(call.function?.arguments)))),
      ),
    ),
  );
}

/** Key and value a line; what is no object as it stands. */
function values(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return el("p", { class: "said", lang: "th" }, short(value) ?? "");
  return el("dl", { class: "values", lang: "th" }, Object.entries(value).map(([key, each]) => el("div", {}, el("dt", {}, key), el("dd", {}, short(each)))));
}

/** Verdicts stand in the order of the constraints: a row may carry two of one type. */
function constraints(row) {
  return el(
    "ul",
    { class: "verdict-list" },
    row.constraints.map((constraint, place) => {
      const verdict = row.verdicts?.[place]?.id === constraint.id ? row.verdicts[place] : {};
      const params = constraint.params === "{}" ? "" : constraint.params;
      return item(verdict.outcome, constraint.id, params, constraint.instruction, verdict.outcome === "PASS" ? "" : verdict.reason, constraint.lang);
    }),
  );
}

function item(outcome, id, params, instruction, reason, lang) {
  const name = MARKS[outcome] ? outcome : "";
  return el(
    "li",
    { class: name.toLowerCase() },
    el("span", { class: "outcome" }, `${MARKS[outcome] || "·"} ${outcome || "not checked"}`),
    el("b", {}, id),
    params && el("code", { lang: "th" }, params),
    instruction && el("p", { lang: lang || "th" }, instruction),
    reason && el("p", { class: "why", lang: "th" }, reason),
  );
}

function offered(tools) {
  if (!Array.isArray(tools)) return el("p", { class: "said" }, short(tools));
  return tools.map((tool) => unfold(`${tool?.function?.name ?? "unnamed"}: ${tool?.function?.description ?? ""}`, () => el("pre", {}, JSON.stringify(tool, null, 2))));
}

function origin(row) {
  const provenance = row.provenance || {};
  const source = row.source && typeof row.source === "object" ? `${row.source.name} · ${row.source.id} · ${row.source.license}` : row.source;
  const lines = [
    ["source", source],
    ["teacher", provenance.teacher],
    ["template", [provenance.templates || []].flat().join(", ")],
    ["repairs", provenance.repairs || ""],
    ["code", provenance.code_version],
    ...Object.entries(row).filter(([name]) => !HANDLED.has(name)).map(([name, value]) => [name, short(value)]),
  ];
  return [
    el("dl", { class: "values" }, lines.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    row.scenario && unfold("Scenario", () => el("pre", { lang: "th" }, JSON.stringify(read(row.scenario), null, 2))),
  ];
}
