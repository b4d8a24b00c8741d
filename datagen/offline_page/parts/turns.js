// Conversations, calls, verdicts and tools as elements.

const MARKS = { PASS: "✓", FAIL: "✗", UNDECIDED: "?" };

const part = (title, ...content) => el("section", {}, title && el("h3", {}, title), content);

/** Made when it is unfolded, for it may be long. */
function unfold(title, make) {
  const made = el("details", {}, el("summary", {}, title));
  made.addEventListener("toggle", () => made.open && made.childElementCount === 1 && made.append(make()));
  return made;
}

/** A conversation, or one text of a user. */
function turns(given, lang) {
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
        turn.content && (turn.role === "tool" ? values(read(turn.content)) : el("p", { class: "said", lang, dir: "auto" }, turn.content)),
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

function verdictLine(outcome, id, params, instruction, reason, lang) {
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
