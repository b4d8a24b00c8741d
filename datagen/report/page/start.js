// Wires the page up. Themes: as the system has it, or as the reader chose (kept where the browser allows a file that).

const THEMES = ["system", "light", "dark"];

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  byId("theme").textContent = `Theme: ${theme}`;
  byId("theme").value = theme;
}

function remembered(theme) {
  try {
    if (theme) localStorage.setItem("typhoon-report-theme", theme);
    return localStorage.getItem("typhoon-report-theme");
  } catch {
    return null;
  }
}

function startTheme() {
  const before = remembered();
  setTheme(THEMES.includes(before) ? before : "system");
  byId("theme").hidden = false;
  byId("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(byId("theme").value) + 1) % THEMES.length];
    setTheme(next);
    remembered(next);
  });
}

function startTable() {
  let waiting = null;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  };
  byId("filters").hidden = false;
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("input", soon);
  byId("filters").addEventListener("reset", () => setTimeout(find));
  byId("before").addEventListener("click", () => show(table.page - 1));
  byId("after").addEventListener("click", () => show(table.page + 1));
  byId("table").addEventListener("keydown", walk);
  byId("table").addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) openRow(Number(button.dataset.place));
  });
  document.addEventListener("keydown", (event) => {
    if (!byId("row").open) return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  byId("row").addEventListener("click", (event) => event.target === byId("row") && byId("row").close());
  byId("row").addEventListener("close", () => {
    const place = table.found[opened];
    if (Math.floor(opened / PAGE) !== table.page) show(Math.floor(opened / PAGE));
    document.querySelector(`button.open[data-place="${place}"]`)?.focus();
  });
  for (const button of document.querySelectorAll("button.find")) button.addEventListener("click", () => findFrom(button));
}

async function start() {
  startTheme();
  try {
    await openIndex();
  } catch (error) {
    byId("status").textContent = `The rows cannot be opened (${error.message}). A newer browser may: Chrome 103, Firefox 113, Safari 16.4.`;
    return;
  }
  fillFilters();
  startTable();
  await find();
  document.documentElement.dataset.ready = "";
}

start();
