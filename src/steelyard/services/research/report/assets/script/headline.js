// The first card: the result, and what doing nothing would have given, side by side.

function drawHeader() {
  const data = RESULT.data;
  document.title = `${RESULT.strategy} \u00b7 ${RESULT.instrument} \u00b7 Steelyard`;
  byId("strategy").textContent = String(RESULT.strategy);
  byId("instrument").textContent = String(RESULT.instrument);
  const span = days();
  fill("run",
    el("span", {}, String(RESULT.venue)),
    el("span", {}, `${momentText(data.start)} \u2192 ${momentText(data.end)} UTC`),
    span && el("span", {}, t("days", { n: numberOf(span, span < 10 ? 1 : 0) })),
    el("span", {}, t("rows", { n: plain(data.rows) })));
}

function figure(label, amount, rate, extra) {
  return el("div", { class: `figure ${extra}` },
    el("div", { class: "label" }, label),
    el("div", { class: "amount", title: `${amount ?? NONE} ${CURRENCY}` },
      signed(amount, MONEY_PLACES), el("small", {}, CURRENCY)),
    el("div", { class: `rate ${tone(amount)}` }, arrow(amount), percent(rate)));
}

// The one sentence a reader takes along: ahead or behind, by how much, and how far to trust it.
function verdict(hold) {
  const grade = String(RESULT.realism.grade ?? NONE);
  if (!hold) return t("verdict.alone", { grade });
  const ahead = minus(RESULT.pnl, hold.pnl);
  const points = minus(RESULT.pnl_rate, hold.pnl_rate);
  const key = signOf(ahead) > 0 ? "verdict.ahead" : signOf(ahead) < 0 ? "verdict.behind"
    : "verdict.equal";
  return t(key, {
    money: `${unsigned(ahead.replace("-", ""), MONEY_PLACES)} ${CURRENCY}`,
    points: percent(points.replace("-", ""), { sign: false }).replace("\u202f%", ""),
    grade,
  });
}

function tile(label, value, note, title) {
  return el("div", { class: "tile" },
    el("div", { class: "label" }, label),
    el("div", { class: "value", title: title ?? false }, value),
    note && el("div", { class: "note" }, note));
}

function loss(ratio) {
  if (!isFigure(ratio)) return NONE;
  return percent(`-${String(ratio).replace(/^[+-]/, "")}`);
}

// One standard error of a yearly Sharpe ratio estimated from so many days, after Lo (2002).
function sharpeTile() {
  const value = Number(RESULT.sharpe);
  const basis = (state.language === "zh" && RESULT.sharpe_basis_zh) || RESULT.sharpe_basis;
  if (!isFigure(RESULT.sharpe)) return tile(t("sharpe"), NONE, basis || t("sharpe.none"));
  const span = days() || REPORT.returns.day.length || 1;
  const daily = value / Math.sqrt(365);
  const error = Math.sqrt(((1 + (daily * daily) / 2) / span) * 365);
  const key = Math.abs(value) < 2 * error ? "sharpe.luck" : "sharpe.error";
  const note = t(key, { n: numberOf(span, span < 10 ? 1 : 0), error: error.toFixed(1) });
  return tile(t("sharpe"), signed(RESULT.sharpe, 2),
    basis && RESULT.sharpe_basis !== "daily returns" ? `${note}. ${basis}` : note, basis);
}

function tiles(hold) {
  const fills = REPORT.fills;
  const parts = Object.fromEntries(REPORT.waterfall.parts);
  const even = RESULT.realism.break_even_slippage;
  const makers = fills.total ? Math.round((100 * fills.makers) / fills.total) : null;
  return [
    tile(t("drawdown"), loss(RESULT.max_drawdown),
      hold && t("drawdown.hold", { rate: loss(hold.max_drawdown) })),
    sharpeTile(),
    tile(t("break_even"), isFigure(even) ? percent(even, { places: 3, sign: false }) : NONE,
      t(isFigure(even) ? "break_even.note" : "break_even.none")),
    tile(t("fees"), money(parts.fees), parts.funding === undefined ? null
      : t("fees.funding", { money: money(parts.funding) }), parts.fees),
    tile(t("fills"), plain(fills.total),
      makers === null ? t("fills.none") : t("fills.makers", { n: makers })),
    tile(t("position"), `${plain(RESULT.position)}\u00a0${UNITS.quantity}`, t("position.note")),
  ];
}

function drawHeadline() {
  const hold = RESULT.buy_and_hold || null;
  const score = Number(RESULT.realism.score);
  fill("headline",
    el("div", { class: "figures" },
      el("div", {},
        figure(t("net"), RESULT.pnl, RESULT.pnl_rate, "main"),
        el("a", { class: `badge ${level(score)}`, href: "#trust" },
          t("badge", { score: plain(RESULT.realism.score), grade: RESULT.realism.grade ?? NONE }))),
      hold ? figure(t("hold"), hold.pnl, hold.pnl_rate, "beside")
        : el("div", { class: "figure beside" }, el("div", { class: "label" }, t("hold")),
          el("div", { class: "amount" }, NONE), el("div", { class: "note" }, t("hold.none")))),
    el("p", { class: "equity-line" },
      `${t("equity")} ${unsigned(RESULT.equity_start, MONEY_PLACES)} \u2192 ` +
      `${unsigned(RESULT.equity_end, MONEY_PLACES)} ${CURRENCY}`),
    el("p", { class: "verdict" }, verdict(hold)),
    el("div", { class: "tiles" }, tiles(hold)));
}
