// The table of items: task, group and verdict as filters, search, pages.

const PAGE = 50;
const items = { index: null, chunks: [], read: new Map(), texts: null };
const table = { found: [], page: 0, turn: 0 };
const cell = (column, place) => items.index.columns[column][place];
const taskOf = (place) => items.index.tasks[cell("task", place)];

async function openIndex() {
  items.chunks = [...document.querySelectorAll("script.chunk")];
  items.index = await inflate(document.getElementById("index").textContent);
}

/** The items of one chunk; kept, since who opens one opens its neighbours. */
function chunk(place) {
  if (!items.read.has(place)) items.read.set(place, inflate(items.chunks[place].textContent));
  return items.read.get(place);
}

async function wholeItem(place) {
  const { perChunk } = items.index;
  return (await chunk(Math.floor(place / perChunk)))[place % perChunk];
}

/** Of every item, all that a person would read in it, ready to be searched. Made at the first search. */
function searchTexts() {
  items.texts ??= Promise.all(items.chunks.map((_, place) => chunk(place))).then((chunks) =>
    chunks.flat().map((item, place) => folded([cell("id", place), ...strings(item)].join("\n"))),
  );
  return items.texts;
}

const strings = (value) =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];

/** What a run's mark of an item is, in the chosen metric: {kind, text, value}. */
function markOf(place, run, metric) {
  const marks = cell("marks", place)[run];
  if (!marks) return { kind: "missing", text: "not asked", value: null };
  if (cell("failed", place)[run]) return { kind: "failed", text: "! failed", value: null };
  const { top, worst } = taskOf(place).metrics[metric];
  const value = marks[metric];
  if (value === "") return { kind: "missing", text: "not marked", value: null }; // a metric of another group
  if (value === null) return { kind: "undecided", text: "? undecided", value: null };
  const share = Math.abs(top - worst) === 1 && Math.min(top, worst) === 0;
  const kind = value === top ? "top" : value === worst ? "worst" : "between";
  const text = share ? { top: top === 1 ? "✓" : "0 ✓", worst: worst === 0 ? "✗" : "1 ✗", between: `${Math.round(100 * value)} %` }[kind] : value.toFixed(2).replace(/\.?0+$/, "");
  return { kind, text, value: top > worst ? value : -value };
}

/** The place of the chosen metric among a task's own; the headline where it is not one of them. */
function metricOf(place) {
  const found = taskOf(place).metrics.findIndex((metric) => metric.name === byId("metric").value);
  return Math.max(found, 0);
}

const marksOf = (place, metric = metricOf(place)) => items.index.runs.map((_, run) => markOf(place, run, metric));

/** Verdicts by which items can be looked for: a name and a test of an item's marks, one a run. */
function verdicts() {
  const { runs } = items.index;
  const asked = (marks) => marks.filter((mark) => mark.kind !== "missing");
  const found = [
    ["top", "best mark in every run", (marks) => asked(marks).every((mark) => mark.kind === "top")],
    ["worst", "worst mark in every run", (marks) => asked(marks).every((mark) => mark.kind === "worst" || mark.kind === "failed")],
    ["failed", "failed in some run", (marks) => marks.some((mark) => mark.kind === "failed")],
    ["undecided", "undecided in some run", (marks) => marks.some((mark) => mark.kind === "undecided")],
  ];
  if (runs.length === 1) return found;
  found.unshift(["differ", "runs disagree", (marks) => new Set(asked(marks).map((mark) => `${mark.kind} ${mark.value}`)).size > 1]);
  for (const [a, one] of runs.entries())
    for (const [b, other] of runs.entries())
      if (a !== b)
        found.push([`${a}>${b}`, `${one.letter} better than ${other.letter}`, (marks) => marks[a].value !== null && marks[b].value !== null && marks[a].value > marks[b].value]);
  return found;
}

function fillFilters() {
  const { tasks, columns } = items.index;
  fill("task", tasks.map((task, place) => [task.name, task.name, columns.task.filter((each) => each === place).length]));
  fill("verdict", verdicts().map(([name, label]) => [name, label, null]));
  fillForTask();
}

/** Groups and metrics are a task's own. */
function fillForTask() {
  const { tasks, columns } = items.index;
  const task = tasks.findIndex((each) => each.name === byId("task").value);
  const counts = new Map();
  for (const [place, name] of columns.group.entries())
    if (name && (task < 0 || columns.task[place] === task)) counts.set(name, (counts.get(name) || 0) + 1);
  fill("group", [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([name, count]) => [name, name, count]));
  const metrics = task < 0 ? (tasks.length === 1 ? tasks[0].metrics : []) : tasks[task].metrics;
  fill("metric", metrics.map((metric) => [metric.name, metric.name, null]), "the headline");
}

function fill(filter, options, all = "all") {
  const select = byId(filter);
  const before = select.value;
  select.parentElement.hidden = options.length < 2;
  select.replaceChildren(new Option(all, ""));
  for (const [value, label, count] of options) select.append(new Option(plain(label) + (count === null ? "" : ` (${number(count)})`), value));
  if (options.some(([value]) => value === before)) select.value = before;
}

/** Finds the items anew and shows the first page of them. A later call overtakes one that still inflates texts. */
async function find() {
  const turn = ++table.turn;
  const total = items.index.columns.id.length;
  const task = byId("task").value;
  const group = byId("group").value;
  const verdict = verdicts().find(([name]) => name === byId("verdict").value);
  let found = Array.from({ length: total }, (_, place) => place).filter(
    (place) => (!task || taskOf(place).name === task) && (!group || cell("group", place) === group) && (!verdict || verdict[2](marksOf(place))),
  );
  const sought = folded(byId("search").value.trim());
  if (sought) {
    byId("status").textContent = "Searching …";
    const texts = await searchTexts();
    if (turn !== table.turn) return;
    found = found.filter((place) => texts[place].includes(sought));
  }
  table.found = found;
  byId("status").textContent = found.length === total ? `${number(total)} items` : `${number(found.length)} of ${number(total)} items`;
  show(0);
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
  const told = [taskOf(place).name, cell("group", place), cell("id", place)].filter(Boolean).join(" · ");
  return el(
    "tr",
    { onclick: (event) => (event.target.closest("button") ? null : openItem(place)) },
    el("td", { class: "prompt" }, el("button", { type: "button", class: "open", "data-place": place, lang: "th" }, cell("prompt", place) || cell("id", place)), el("span", { class: "dim id" }, told)),
    el("td", {}, el("span", { class: "badges" }, marksOf(place).map((mark, run) => el("span", { class: `mark-of ${mark.kind}` }, chip(run), " ", mark.text)))),
  );
}

const chip = (run) => el("b", { class: `chip run-${run}` }, items.index.runs[run].letter);

/** Up and down go from item to item. */
function walk(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [...byId("table").querySelectorAll("button.open")];
  const next = buttons[buttons.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
