// Start, language and theme.
// Rule: the browser's language and colour scheme decide until the reader chooses.

const THEME_QUERY = window.matchMedia("(prefers-color-scheme: dark)");
let themeChosen = false;

// Some browsers refuse storage to files; a choice then lasts as long as the page.
function remembered(key) {
  try {
    return localStorage.getItem(`steelyard.report.${key}`);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(`steelyard.report.${key}`, value);
  } catch {
    // nothing is lost but the memory of a choice
  }
}

function drawWords() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = t(element.dataset.word);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    element.setAttribute("title", t(element.dataset.label));
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
}

function drawTheme() {
  document.documentElement.dataset.theme = state.theme;
  byId("theme").setAttribute("aria-pressed", String(state.theme === "dark"));
}

function drawCharts() {
  drawEquity();
  drawCandles();
}

function drawAll() {
  drawWords();
  drawHeader();
  drawHeadline();
  drawTrust();
  drawCharts();
  drawWaterfall();
  drawWaterfallTable();
  drawHistogram();
  drawReturnFigures();
  drawCalendar();
  drawFills();
  drawOrders();
  drawParameters();
  drawHistory();
  drawReproduce();
}

function begin() {
  const language = remembered("language");
  const preferred = (navigator.languages && navigator.languages[0]) || navigator.language || "en";
  state.language = language in WORDS ? language : /^zh\b/i.test(preferred) ? "zh" : "en";
  const theme = remembered("theme");
  themeChosen = theme === "light" || theme === "dark";
  state.theme = themeChosen ? theme : THEME_QUERY.matches ? "dark" : "light";
  drawTheme();
  drawAll();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      state.language = button.dataset.language;
      remember("language", state.language);
      drawAll();
    });
  }
  byId("theme").addEventListener("click", () => {
    themeChosen = true;
    state.theme = state.theme === "dark" ? "light" : "dark";
    remember("theme", state.theme);
    drawTheme();
    drawCharts();
  });
  THEME_QUERY.addEventListener("change", ({ matches }) => {
    if (themeChosen) return;
    state.theme = matches ? "dark" : "light";
    drawTheme();
    drawCharts();
  });
  onWidth(byId("waterfall-drawing"), drawWaterfall);
  onWidth(byId("histogram"), drawHistogram);
  document.documentElement.dataset.ready = "true";
}

begin();
