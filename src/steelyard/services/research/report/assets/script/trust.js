// How far to trust the result: the realism score, what lowered it, and every assumption.

const FIRST_REASONS = 5;
const FIRST_ASSUMPTIONS = 6;

function level(score) {
  return score >= 70 ? "good" : score >= 50 ? "fair" : "poor";
}

function ring(score) {
  const known = Number.isFinite(score);
  const share = known ? Math.min(Math.max(score, 0), 100) / 100 : 0;
  const around = 2 * Math.PI * 42;
  return svg("svg", { viewBox: "0 0 100 100", class: `ring ${level(score)}`, "aria-hidden": "true" },
    svg("circle", { cx: 50, cy: 50, r: 42, class: "track" }),
    svg("circle", { cx: 50, cy: 50, r: 42, class: "arc", transform: "rotate(-90 50 50)",
      "stroke-dasharray": `${share * around} ${around}` }),
    svg("text", { x: 50, y: 52, class: "score" }, known ? String(score) : NONE),
    svg("text", { x: 50, y: 69, class: "of" }, "/ 100"));
}

function penalty(item) {
  const points = Number(item.penalty);
  return el("span", { class: "penalty", title: t("penalty.title") },
    points ? `${MINUS}${Math.abs(points)}` : "0");
}

function reason(item) {
  return el("li", { class: "reason" }, penalty(item),
    el("div", {}, el("strong", {}, written(item, "what")),
      item.why && el("p", {}, written(item, "why"))));
}

function byPenalty(items) {
  return [...items].sort((a, b) => Math.abs(Number(b.penalty)) - Math.abs(Number(a.penalty)));
}

function drawTrust() {
  const realism = RESULT.realism;
  const items = byPenalty(realism.items || []);
  const score = Number(realism.score);
  const modelled = realism.costs_modelled || [];
  fill("trust",
    el("div", { class: "trust-head" },
      ring(score),
      el("div", {},
        el("h2", {}, t("realism")),
        el("div", { class: `grade ${level(score)}` }, t("grade", { grade: realism.grade ?? NONE }),
          el("span", {}, t(`realism.${level(score)}`))),
        el("p", { class: "note" }, t("realism.note")))),
    items.length > 0 && el("h3", {}, t("realism.reasons")),
    el("ul", { class: "reasons" }, items.slice(0, FIRST_REASONS).map(reason)),
    items.length > FIRST_REASONS && el("details", {},
      el("summary", {}, t("more", { n: items.length - FIRST_REASONS })),
      el("ul", { class: "reasons" }, items.slice(FIRST_REASONS).map(reason))),
    modelled.length > 0 && el("p", { class: "chips" },
      el("span", { class: "label" }, t("costs")),
      modelled.map((cost) => el("span", { class: "chip" }, named("cost", cost)))));
  drawAssumptions();
}

function drawAssumptions() {
  const items = byPenalty(RESULT.assumptions || []);
  fill("assumptions",
    el("h2", {}, t("assumptions"), el("span", { class: "count" }, String(items.length))),
    el("p", { class: "note" }, t("assumptions.note")),
    items.length ? el("ul", { class: "reasons" }, items.slice(0, FIRST_ASSUMPTIONS).map(reason))
      : empty("assumptions.none"),
    items.length > FIRST_ASSUMPTIONS && el("details", {},
      el("summary", {}, t("more", { n: items.length - FIRST_ASSUMPTIONS })),
      el("ul", { class: "reasons" }, items.slice(FIRST_ASSUMPTIONS).map(reason))));
}
