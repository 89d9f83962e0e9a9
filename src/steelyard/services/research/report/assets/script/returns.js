// Daily returns: their distribution, and a calendar that has each month beside its days.

const DAY_MS = 86400000;
const CALENDAR_MONTHS_MAX = 36;
const CALENDAR_MONTHS_FEW = 4; // up to here each day is written out

function drawHistogram() {
  const parent = byId("histogram");
  const { edges, counts } = REPORT.returns;
  if (!counts.length) {
    parent.replaceChildren(empty("returns.none"));
    return;
  }
  const width = Math.max(parent.clientWidth, 280);
  const [height, top, bottom, left, right] = [280, 12, 40, 30, 26];
  const most = Math.max(...counts, 1);
  const column = (width - left - right) / counts.length;
  const y = (count) => top + (1 - count / most) * (height - top - bottom);
  const x = (edge) => left + ((edge - edges[0]) / (edges[edges.length - 1] - edges[0])) 
    * (width - left - right);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": t("returns.histogram") }, svg("defs", {}, hatch("hatch-histogram")));
  for (const count of countTicks(most)) {
    add(drawing, [
      svg("line", { x1: left, x2: width - right, y1: y(count), y2: y(count), class: "rule" }),
      svg("text", { x: left - 6, y: y(count) + 4, class: "axis end" }, String(count)),
    ]);
  }
  counts.forEach((count, index) => {
    if (!count) return;
    const below = edges[index + 1] <= 1e-12;
    add(drawing, [svg("rect", { x: left + index * column + 0.75, y: y(count),
      width: Math.max(column - 1.5, 1), height: height - bottom - y(count), rx: 1.5,
      class: `bar ${below ? "down" : "up"} histogram` },
    svg("title", {}, `${percentOf(edges[index])} \u2026 ${percentOf(edges[index + 1])}: ` +
      t("days", { n: count })))]);
  });
  const stride = Math.ceil(counts.length / Math.max(Math.floor(width / 76), 2));
  const zero = edges.findIndex((edge) => Math.abs(edge) < 1e-12);
  edges.forEach((edge, index) => {
    if ((index - Math.max(zero, 0)) % stride) return;
    add(drawing, [svg("text", { x: x(edge), y: height - bottom + 17, class: "axis" },
      percentOf(edge, 1))]);
  });
  add(drawing, [
    svg("line", { x1: x(0), x2: x(0), y1: top, y2: height - bottom, class: "zero" }),
    svg("text", { x: (left + width - right) / 2, y: height - 4, class: "axis" }, t("returns.axis")),
  ]);
  parent.replaceChildren(drawing);
}

function countTicks(most) {
  const step = Math.max(Math.ceil(most / 4), 1);
  const ticks = [];
  for (let count = 0; count <= most; count += step) ticks.push(count);
  return ticks;
}

function drawReturnFigures() {
  const { day, ratio, mean, deviation } = REPORT.returns;
  if (!day.length) {
    fill("return-figures", "");
    return;
  }
  const best = ratio.reduce((top, value, i) => (value > ratio[top] ? i : top), 0);
  const worst = ratio.reduce((low, value, i) => (value < ratio[low] ? i : low), 0);
  const gains = ratio.filter((value) => value > 0).length;
  fill("return-figures",
    tile(t("returns.best"), percentOf(ratio[best]), dayText(day[best])),
    tile(t("returns.worst"), percentOf(ratio[worst]), dayText(day[worst])),
    tile(t("returns.gaining"), `${Math.round((100 * gains) / day.length)}\u202f%`,
      t("returns.of", { gains, n: day.length })),
    tile(t("returns.mean"), percentOf(mean, 3),
      deviation === null ? null
        : t("returns.deviation", { rate: percentOf(deviation).replace("+", "") })));
}

// Strength of the colour by size; the sign stays readable in the text of the cell.
function shade(ratio, largest) {
  if (!ratio) return { class: "cell flat" };
  const share = Math.min(Math.abs(ratio) / (largest || 1), 1);
  return {
    class: `cell ${ratio > 0 ? "up" : "down"} ${share > 0.62 ? "strong" : ""}`,
    style: `--share:${(16 + 84 * share).toFixed(0)}%`,
  };
}

function drawCalendar() {
  const { day, ratio, months } = REPORT.returns;
  const shown = months.slice(-CALENDAR_MONTHS_MAX);
  const sizes = ratio.map(Math.abs).sort((a, b) => a - b);
  const largest = sizes[Math.floor(sizes.length * 0.95)] || sizes[sizes.length - 1];
  const byDay = new Map(day.map((number, index) => [number, ratio[index]]));
  const few = shown.length <= CALENDAR_MONTHS_FEW;
  byId("calendar").classList.toggle("few", few);
  fill("calendar", shown.map(([month, total]) => monthBlock(month, total, byDay, largest, few)));
  fill("calendar-note", months.length > shown.length
    ? t("calendar.cut", { shown: shown.length, n: months.length })
    : t(few ? "calendar.few" : "calendar.note"));
}

function shortPercent(ratio) {
  const text = (ratio * 100).toFixed(1);
  return Number(text) === 0 ? "0.0" : grouped(ratio > 0 ? `+${text}` : text);
}

function monthBlock(month, total, byDay, largest, few) {
  const [year, number] = month.split("-").map(Number);
  const first = Date.UTC(year, number - 1, 1) / DAY_MS;
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const offset = (new Date(first * DAY_MS).getUTCDay() + 6) % 7; // weeks begin on Monday
  const cells = [];
  for (let i = 0; i < offset; i += 1) cells.push(el("span", { class: "cell none" }));
  for (let i = 0; i < count; i += 1) {
    const found = byDay.get(first + i);
    cells.push(found === undefined ? el("span", { class: "cell outside" })
      : el("span", { ...shade(found, largest), title: `${dayText(first + i)}  ${percentOf(found)}` },
        few && shortPercent(found)));
  }
  return el("div", { class: "month" },
    el("div", { class: "month-head" }, el("span", {}, month),
      el("b", { class: total > 0 ? "up" : total < 0 ? "down" : "" }, percentOf(total))),
    el("div", { class: "month-days" }, cells));
}
