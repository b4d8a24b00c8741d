// Wires the page up.

function startTable() {
  let waiting = null;
  const soon = (event) => {
    if (event.target.id === "task") fillForTask();
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  };
  byId("filters").hidden = false;
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("input", soon);
  byId("filters").addEventListener("reset", () => setTimeout(() => (fillForTask(), find())));
  byId("before").addEventListener("click", () => show(table.page - 1));
  byId("after").addEventListener("click", () => show(table.page + 1));
  byId("table").addEventListener("keydown", walk);
  byId("table").addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) openItem(Number(button.dataset.place));
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
}

async function start() {
  startTheme();
  try {
    await openIndex();
  } catch (error) {
    byId("status").textContent = `The items cannot be opened (${error.message}). A newer browser may: Chrome 103, Firefox 113, Safari 16.4.`;
    return;
  }
  fillFilters();
  startTable();
  await find();
  document.documentElement.dataset.ready = "";
}

start();
