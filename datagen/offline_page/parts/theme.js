// Themes: as the system has it, or as the reader chose (kept where the browser allows a file that).

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
