// One row opened: turns, calls and results, constraints with their verdicts, judge, why it was dropped, origin.

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
    part("Conversation", turns(row.messages || row.prompt || [], row.lang)),
    row.constraints?.length > 0 && part("Constraints", constraints(row)),
    !row.constraints?.length && row.verdicts?.length > 0 && part("Proof", el("ul", { class: "verdict-list" }, row.verdicts.map((verdict) => verdictLine(verdict.outcome, verdict.id, "", "", verdict.reason)))),
    typeof row.judge?.score === "number" && part("Judge", el("p", {}, el("b", {}, `${row.judge.score} of 10`), ` by ${row.judge.model || "an unnamed model"}`), row.judge.reason && el("p", { lang: row.lang }, row.judge.reason)),
    row.original && part("Before translation", el("p", { class: "said" }, row.original)),
    row.tools && part(`Tools on offer${Array.isArray(row.tools) ? `: ${row.tools.length}` : ""}`, offered(row.tools)),
    part("Origin", origin(row)),
    unfold("Everything, as JSON", () => el("pre", {}, JSON.stringify(row, null, 2))),
  );
}

/** Verdicts stand in the order of the constraints: a row may carry two of one type. */
function constraints(row) {
  return el(
    "ul",
    { class: "verdict-list" },
    row.constraints.map((constraint, place) => {
      const verdict = row.verdicts?.[place]?.id === constraint.id ? row.verdicts[place] : {};
      const params = constraint.params === "{}" ? "" : constraint.params;
      return verdictLine(verdict.outcome, constraint.id, params, constraint.instruction, verdict.outcome === "PASS" ? "" : verdict.reason, constraint.lang);
    }),
  );
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
