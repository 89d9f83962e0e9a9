// Parameters, the history that was used, and how to get the same result again.

const DEFAULTS_MAX = 8; // more parameters than these, left at their defaults, are folded away

function drawParameters() {
  const entries = Object.entries(RESULT.parameters);
  const given = entries.filter(([, item]) => item.given);
  const rest = entries.filter(([, item]) => !item.given);
  const folded = rest.length > DEFAULTS_MAX;
  fill("parameters",
    !entries.length && empty("parameters.none"),
    folded ? given.length > 0 && parameterTable(given)
      : entries.length > 0 && parameterTable([...given, ...rest]),
    folded && el("details", {},
      el("summary", {}, t("parameters.rest", { n: rest.length })), parameterTable(rest)));
}

function parameterTable(entries) {
  const value = (given) => {
    if (given === null || given === undefined) return NONE;
    if (isFigure(given)) return plain(given);
    if (Array.isArray(given)) return given.join(", ");
    return typeof given === "object" ? JSON.stringify(given) : String(given);
  };
  const unit = (item) => item.unit && el("span", { class: "unit" }, unitName(item.unit));
  const row = ([name, item]) => el("tr", { class: item.given ? "given" : "" },
    el("th", { scope: "row" }, el("code", {}, name)),
    el("td", { class: "number" }, value(item.value), unit(item)),
    el("td", { class: "number faded" }, value(item.default),
      isFigure(item.default) && unit(item)),
    el("td", {}, el("span", { class: item.given ? "chip given" : "chip" },
      t(item.given ? "parameters.given" : "parameters.defaulted"))),
    el("td", { class: "why" }, written(item, "doc")));
  const head = (key) => el("th", {
    scope: "col", class: key === "value" || key === "default" ? "number" : "",
  }, t(`parameters.${key}`));
  return el("table", {},
    el("thead", {}, el("tr", {},
      ["parameter", "value", "default", "origin", "meaning"].map(head))),
    el("tbody", {}, entries.map(row)));
}

function fact(label, ...value) {
  return el("div", { class: "fact" }, el("dt", {}, label), el("dd", {}, value));
}

function drawHistory() {
  const data = RESULT.data;
  const gaps = data.gaps || [];
  const kinds = Array.isArray(data.kinds) ? data.kinds : [data.kinds].filter(Boolean);
  fill("history",
    el("dl", { class: "facts" },
      fact(t("history.source"), String(data.source ?? NONE)),
      fact(t("history.span"), `${momentText(data.start)} \u2192 ${momentText(data.end)} UTC`),
      fact(t("history.rows"), t("rows", { n: plain(data.rows) })),
      fact(t("history.kinds"), kinds.map((kind) => named("kind", kind)).join(", ") || NONE)),
    el("h3", {}, t("gaps"), el("span", { class: "count" }, plain(data.gaps_total ?? gaps.length))),
    data.gaps_total > gaps.length && el("p", { class: "note" },
      t("gaps.cut", { shown: plain(gaps.length), n: plain(data.gaps_total) })),
    gaps.length ? el("div", { class: "scroll short" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("gaps.after"), utc()),
        el("th", { scope: "col" }, t("gaps.before"), utc()),
        el("th", { scope: "col", class: "number" }, t("gaps.length")),
        el("th", { scope: "col" }, t("gaps.reason")))),
      el("tbody", {}, gaps.map((gap) => el("tr", {},
        el("td", { class: "time" }, momentText(gap.after)),
        el("td", { class: "time" }, momentText(gap.before)),
        el("td", { class: "number" },
          lengthText((momentOf(gap.before) - momentOf(gap.after)) / 1000)),
        el("td", { class: "why" }, written(gap, "reason")))))))
      : el("p", { class: "note" }, t("gaps.none")));
}

function utc() {
  return el("span", { class: "unit" }, "UTC");
}

function lengthText(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  const [size, key] = seconds >= 172800 ? [86400, "span.d"] : seconds >= 7200 ? [3600, "span.h"]
    : seconds >= 120 ? [60, "span.m"] : [1, "span.s"];
  return t(key, { n: Number((seconds / size).toFixed(1)) });
}

function drawReproduce() {
  const command = RESULT.command;
  fill("reproduce",
    command ? el("div", { class: "command" }, el("code", { id: "command" }, String(command)),
      el("button", { type: "button", class: "small", onclick: copyCommand }, t("copy")))
      : el("p", { class: "note" }, t("reproduce.none")),
    el("p", { class: "note" }, t("reproduce.note")),
    el("dl", { class: "facts" },
      fact(t("outcome"), el("code", { class: "hash" }, String(RESULT.outcome_sha256 ?? NONE))),
      fact(t("version"), `Steelyard ${RESULT.version ?? RESULT.started_version ?? NONE}`),
      fact(t("engine"), named("engine", RESULT.engine)),
      RESULT.models && fact(t("models"),
        Object.entries(RESULT.models).map(([name, value]) => `${name} ${value}`).join(", ")),
      fact(t("speed"), t("speed.text", {
        events: plain(RESULT.events), seconds: secondsText(RESULT.wall_s),
        rate: isFigure(RESULT.events_per_s) ? unsigned(RESULT.events_per_s, 0) : NONE,
      }))));
}

function secondsText(value) {
  return Number.isFinite(Number(value)) ? Number(value).toPrecision(3) : NONE;
}

// Files have no clipboard in some browsers: then the text is selected for the reader to copy.
async function copyCommand(event) {
  const button = event.target;
  try {
    await navigator.clipboard.writeText(String(RESULT.command));
    button.textContent = t("copied");
  } catch {
    getSelection().selectAllChildren(byId("command"));
  }
}
