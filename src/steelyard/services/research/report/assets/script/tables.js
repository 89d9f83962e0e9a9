// One kind of table: sorted by a click on its head, filtered, in pages.
// Rule: what the table holds and what it shows are both counted, so nothing hides behind a page.

const PAGE_ROWS = window.innerWidth < 640 ? 10 : 15;

// columns: { key, label, unit, kind: "text" | "number" | "time", show(row), sort(row), mark(row) }
// filters: { key, label, options: [[value, label]], keep(row, value) }
function makeTable(id, { rows, columns, filters, search, note }) {
  const view = { page: 0, by: null, down: false, text: "", chosen: {} };
  let body = null;
  let pager = null;

  function kept() {
    const text = view.text.trim().toLowerCase();
    const found = rows.filter((row) =>
      filters().every(({ key, keep }) => !view.chosen[key] || keep(row, view.chosen[key]))
      && (!text || search(row).toLowerCase().includes(text)));
    const column = columns().find(({ key }) => key === view.by);
    if (!column) return found;
    const order = view.down ? -1 : 1;
    return found.map((row, index) => [row, column.sort(row), index])
      .sort(([, a, i], [, b, j]) => order * compare(a, b) || i - j).map(([row]) => row);
  }

  function refresh() {
    const found = kept();
    const pages = Math.max(Math.ceil(found.length / PAGE_ROWS), 1);
    view.page = Math.min(Math.max(view.page, 0), pages - 1);
    const from = view.page * PAGE_ROWS;
    const slice = found.slice(from, from + PAGE_ROWS);
    const cell = (row, { kind, mark, show }) =>
      el("td", { class: `${kind} ${mark ? mark(row) : ""}` }, show(row));
    body.replaceChildren(...slice.map((row) =>
      el("tr", {}, columns().map((column) => cell(row, column)))));
    if (!found.length) {
      body.append(el("tr", {},
        el("td", { colspan: columns().length, class: "empty" }, t("table.none"))));
    }
    pager.replaceChildren(...pageButtons(pages, found.length, from, slice.length));
  }

  function pageButtons(pages, count, from, shown) {
    const turn = (page) => () => {
      view.page = page;
      refresh();
    };
    const go = (label, name, page, possible) => el("button", { type: "button", class: "small",
      "aria-label": name, disabled: !possible, onclick: turn(page) }, label);
    return [
      el("span", { class: "range" }, count
        ? t("table.range", { from: plain(from + 1), to: plain(from + shown), n: plain(count) })
        : ""),
      go("\u00ab", t("table.first"), 0, view.page > 0),
      go("\u2039", t("table.previous"), view.page - 1, view.page > 0),
      el("span", { class: "page" }, t("table.page", { page: view.page + 1, pages })),
      go("\u203a", t("table.next"), view.page + 1, view.page < pages - 1),
      go("\u00bb", t("table.last"), pages - 1, view.page < pages - 1),
    ];
  }

  function head(column) {
    const sorted = view.by === column.key;
    const sign = !sorted ? "" : view.down ? " \u2193" : " \u2191";
    return el("th", { scope: "col", class: column.kind,
      "aria-sort": !sorted ? "none" : view.down ? "descending" : "ascending" },
    el("button", { type: "button", onclick: () => sortBy(column.key) },
      column.label, column.unit && el("span", { class: "unit" }, column.unit),
      el("span", { class: "sorted" }, sign)));
  }

  function sortBy(key) {
    if (view.by !== key) Object.assign(view, { by: key, down: false });
    else if (!view.down) view.down = true;
    else Object.assign(view, { by: null, down: false });
    view.page = 0;
    draw();
  }

  function controls() {
    const box = el("input", { type: "search", placeholder: t("table.search"), value: view.text,
      "aria-label": t("table.search"), oninput: (event) => {
        view.text = event.target.value;
        view.page = 0;
        refresh();
      } });
    return [box, filters().map(({ key, label, options }) =>
      el("select", { "aria-label": label, onchange: (event) => {
        view.chosen[key] = event.target.value;
        view.page = 0;
        refresh();
      } }, el("option", { value: "" }, label), options.map(([value, name]) =>
        el("option", { value, selected: view.chosen[key] === value }, name))))];
  }

  function draw() {
    if (!rows.length) {
      fill(id, note() && el("p", { class: "notice", role: "note" }, note()), empty("table.empty"));
      return;
    }
    body = el("tbody");
    pager = el("div", { class: "pager" });
    const notice = note();
    fill(id,
      el("div", { class: "controls" }, controls(), pager),
      notice && el("p", { class: "notice", role: "note" }, notice),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t(`${id}.title`) },
        el("table", {}, el("thead", {}, el("tr", {}, columns().map(head))), body)));
    refresh();
  }

  return draw;
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

// Texts of one column with the same number of decimals, so that their points stand in a line.
function aligned(texts) {
  const places = texts.reduce((most, text) =>
    (isFigure(text) ? Math.max(most, exact(text).decimals) : most), 0);
  return (text) => (isFigure(text) ? write(rescale(exact(text), places)) : null);
}
