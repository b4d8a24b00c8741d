// The table of rows: filters, search, order, pages. It holds one page of rows, however many there are.

const PAGE = 50;
const FILTERS = ["fate", "stage", "reason", "type", "kind", "domain", "source", "script"];
const COLUMN = { type: "types", script: "scripts" }; // the others have their own name
const table = { found: [], page: 0, turn: 0 };
const cell = (column, place) => packed.index.columns[column][place];
const nameOf = (kind, value) => (value < 0 ? "" : packed.index.names[kind][value]);
const isRejected = (place) => nameOf("fate", cell("fate", place)) === "rejected";

/** Every filter with the names that occur and how many rows have them; one with a single name, or none, is left out. */
function fillFilters() {
  const { names, columns } = packed.index;
  for (const filter of FILTERS) {
    const counts = new Map();
    for (const value of columns[COLUMN[filter] || filter])
      for (const each of [value].flat()) if (each >= 0) counts.set(names[filter][each], (counts.get(names[filter][each]) || 0) + 1);
    const select = byId(filter);
    select.parentElement.hidden = counts.size < (filter === "script" ? 1 : 2);
    select.replaceChildren(new Option("all", ""));
    if (filter === "fate") addOption(select, "kept", "all kept", columns.fate.filter((_, place) => !isRejected(place)).length);
    if (filter === "type") addFamilies(select);
    const sorted = [...counts].sort((a, b) => (filter === "type" ? (a[0] < b[0] ? -1 : 1) : b[1] - a[1]));
    for (const [name, count] of sorted) addOption(select, name, name, count);
  }
  byId("order").parentElement.hidden = !columns.characters.some((length) => length > 0);
}

const addOption = (select, value, label, count) => select.append(new Option(`${plain(label)} (${number(count)})`, value));

function addFamilies(select) {
  const { names, columns } = packed.index;
  const families = [...new Set(names.type.map((name) => name.split(".")[0]))].sort();
  for (const family of families) {
    const members = new Set(names.type.flatMap((name, place) => (name.startsWith(`${family}.`) ? [place] : [])));
    const rows = columns.types.filter((types) => types.some((type) => members.has(type))).length;
    if (members.size > 1) addOption(select, family, `${family}: all types`, rows);
  }
}

/** A function of a row's place: whether it is wanted by all filters. */
function wanted() {
  const tests = FILTERS.filter((filter) => byId(filter).value).map((filter) => {
    const value = byId(filter).value;
    const names = packed.index.names[filter];
    if (filter === "fate" && value === "kept" && !names.includes("kept")) return (place) => !isRejected(place);
    const fits = new Set(
      names.flatMap((name, number) => (name === value || (filter === "type" && name.startsWith(`${value}.`)) ? [number] : [])),
    );
    const column = packed.index.columns[COLUMN[filter] || filter];
    return (place) => [column[place]].flat().some((each) => fits.has(each));
  });
  return (place) => tests.every((test) => test(place));
}

/** Finds the rows anew and shows the first page of them. A later call overtakes one that still inflates texts. */
async function find() {
  const turn = ++table.turn;
  const total = packed.index.columns.id.length;
  const fits = wanted();
  let found = Array.from({ length: total }, (_, place) => place).filter(fits);
  const sought = folded(byId("search").value.trim());
  if (sought) {
    byId("status").textContent = "Searching …";
    const texts = await searchTexts();
    if (turn !== table.turn) return;
    found = found.filter((place) => texts[place].includes(sought));
  }
  const order = byId("order").value;
  if (order) sort(found, order.replace("-", ""), order.startsWith("-") ? -1 : 1);
  table.found = found;
  byId("status").textContent = found.length === total ? `${number(total)} rows` : `${number(found.length)} of ${number(total)} rows`;
  show(0);
}

/** Rows without the value come last in both orders. */
function sort(found, column, sign) {
  const key = (place) => cell(column, place) || (column === "score" && cell(column, place) === 0 ? 0 : null);
  found.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x === null || y === null ? (x === null) - (y === null) : sign * (x - y);
  });
}

function show(page) {
  const pages = Math.max(1, Math.ceil(table.found.length / PAGE));
  table.page = Math.min(Math.max(0, page), pages - 1);
  const places = table.found.slice(table.page * PAGE, (table.page + 1) * PAGE);
  byId("table").tBodies[0].replaceChildren(...places.map(line));
  byId("table").hidden = !places.length;
  byId("pager").hidden = pages === 1;
  byId("page").textContent = `page ${number(table.page + 1)} of ${number(pages)}`;
  byId("before").disabled = table.page === 0;
  byId("after").disabled = table.page === pages - 1;
}

/** A row of the table. Its prompt is a button, so that keyboards and screen readers find it; the mouse has all of it. */
function line(place) {
  const rejected = isRejected(place);
  const fate = nameOf("fate", cell("fate", place));
  const stage = nameOf("stage", cell("stage", place));
  const types = cell("types", place).map((type) => nameOf("type", type));
  const scenario = [nameOf("kind", cell("kind", place)), nameOf("domain", cell("domain", place))].filter(Boolean).join(" · ");
  const score = cell("score", place);
  const open = el("button", { type: "button", class: "open", "data-place": place, lang: "th" }, cell("prompt", place) || cell("id", place) || "(no prompt)");
  return el(
    "tr",
    { onclick: (event) => (event.target.closest("button") ? null : openRow(place)) },
    el("td", {}, el("span", { class: rejected ? "badge rejected" : "badge kept" }, rejected ? stage || fate : fate)),
    el("td", { class: "prompt" }, open, el("span", { class: "dim id" }, cell("id", place))),
    el(
      "td",
      { class: "verdicts" },
      rejected && el("span", { class: "why" }, nameOf("reason", cell("reason", place))),
      scenario && el("span", { class: "dim" }, scenario),
      types.length > 0 && el("span", { class: "dim" }, types.join(", ")),
    ),
    el("td", { class: "number" }, score === null ? "" : String(score)),
  );
}

/** Up and down go from row to row. */
function walk(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [...byId("table").querySelectorAll("button.open")];
  const next = buttons[buttons.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

/** A name in a chart was pressed: the rows behind it. */
function findFrom(button) {
  byId("filters").reset();
  for (const filter of FILTERS) if (button.dataset[filter] !== undefined) byId(filter).value = button.dataset[filter];
  find();
  byId("rows").scrollIntoView();
  byId("search").focus({ preventScroll: true });
}
