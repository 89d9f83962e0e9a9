// The waterfall: from nothing to the net result, part by part, with a sentence for each.
// Rule: parts that are zero are in the table and not in the drawing.

const BAR_SHARE = 0.62;

function hatch(id) {
  return svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" },
  svg("rect", { width: 6, height: 6, class: "hatch-ground" }),
  svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch-line" }));
}

function steps() {
  let level = 0;
  const parts = REPORT.waterfall.parts.filter(([, text]) => signOf(text)).map(([name, text]) => {
    const from = level;
    level += Number(text);
    return { name, text, from, to: level };
  });
  const total = REPORT.waterfall.total;
  return [...parts, { name: "total", text: total, from: 0, to: Number(total), total: true }];
}

function drawWaterfall() {
  const parent = byId("waterfall-drawing");
  const width = Math.max(parent.clientWidth, 280);
  const [height, top, bottom] = [300, 34, 34];
  const bars = steps();
  const levels = bars.flatMap(({ from, to }) => [from, to]).concat(0);
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const room = high - low || 1;
  const y = (value) => top + ((high - value) / room) * (height - top - bottom - 14);
  const column = width / bars.length;
  const drawing = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": t("waterfall.aria", { money: money(REPORT.waterfall.total) }),
  }, svg("defs", {}, hatch("hatch-down")));
  add(drawing, [svg("line", { x1: 0, x2: width, y1: y(0), y2: y(0), class: "zero" })]);
  bars.forEach((bar, index) => {
    const x = index * column + (column * (1 - BAR_SHARE)) / 2;
    const size = Math.max(Math.abs(y(bar.from) - y(bar.to)), 1.5);
    const kind = bar.total ? "total" : tone(bar.text);
    const up = bar.to >= bar.from;
    add(drawing, [
      svg("rect", { x, y: Math.min(y(bar.from), y(bar.to)), width: column * BAR_SHARE, height: size,
        rx: 2, class: `bar ${kind}` },
      svg("title", {}, `${named("part", bar.name)} ${bar.text} ${CURRENCY}`)),
      index + 1 < bars.length && svg("line", { x1: x, x2: x + column * (1 + BAR_SHARE),
        y1: y(bar.to), y2: y(bar.to), class: "link" }),
      svg("text", { x: x + (column * BAR_SHARE) / 2, class: "figure-label",
        y: up ? Math.min(y(bar.from), y(bar.to)) - 7 : Math.max(y(bar.from), y(bar.to)) + 15 },
      compact(Number(bar.text))),
      svg("text", { x: x + (column * BAR_SHARE) / 2, y: height - 8,
        class: bar.total ? "axis strong" : "axis" }, named("part", bar.name)),
    ]);
  });
  parent.replaceChildren(drawing);
}

function drawWaterfallTable() {
  const { parts, total, sum, difference, pnl_difference: pnlDifference } = REPORT.waterfall;
  const texts = [...parts.map(([, text]) => text), total];
  const places = Math.max(...texts.map((text) => exact(text).decimals));
  const even = (text) => signed(write(rescale(exact(text), places)));
  const row = (name, text, kind = "") => el("tr", { class: kind, "data-part": name },
    el("th", { scope: "row" }, named("part", name)),
    el("td", { class: "number" }, even(text)),
    el("td", { class: "why" }, WORDS[state.language][`part.${name}.why`] || ""));
  const fits = signOf(difference) === 0;
  fill("waterfall-note", t("waterfall.note", { currency: CURRENCY }));
  fill("waterfall-table",
    el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("part")),
        el("th", { scope: "col", class: "number" }, CURRENCY),
        el("th", { scope: "col" }, t("part.meaning")))),
      el("tbody", {}, parts.map(([name, text]) => row(name, text)), row("total", total, "sum"))));
  fill("waterfall-sum",
    el("span", { class: fits ? "check" : "check wrong" }, fits ? "\u2713" : "!"),
    fits ? t("waterfall.fits", { sum: `${signed(sum)} ${CURRENCY}` })
      : t("waterfall.differs", { sum: `${signed(sum)} ${CURRENCY}`,
        difference: `${signed(difference)} ${CURRENCY}` }),
    signOf(pnlDifference) !== 0 && el("span", { class: "wrong" }, " ",
      t("waterfall.pnl", { difference: `${signed(pnlDifference)} ${CURRENCY}` })));
}
