// Colours and options the two charts share; read from the page's style, so a theme changes both.

const CHARTS = window.LightweightCharts;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function chartOptions() {
  return {
    autoSize: true,
    layout: {
      background: { type: "solid", color: colour("surface") },
      textColor: colour("muted"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      attributionLogo: true,
      panes: { separatorColor: colour("line"), separatorHoverColor: colour("hover") },
    },
    grid: {
      vertLines: { color: colour("faint") },
      horzLines: { color: colour("faint") },
    },
    crosshair: {
      mode: CHARTS.CrosshairMode.Normal,
      vertLine: { color: colour("soft"), labelBackgroundColor: colour("ink-soft") },
      horzLine: { color: colour("soft"), labelBackgroundColor: colour("ink-soft") },
    },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.13, bottom: 0.07 } },
    timeScale: {
      borderVisible: false, timeVisible: true, secondsVisible: false, minBarSpacing: 0.05,
      fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true,
    },
    // The wheel and a vertical swipe scroll the page, not the chart.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
    localization: {
      locale: state.language === "zh" ? "zh-CN" : "en-GB",
      timeFormatter: (time) => `${timeText(time * 1000, { seconds: false })} UTC`,
    },
  };
}

function scaleOf(formatter, minMove = 0.00000001) {
  return { type: "custom", formatter, minMove };
}

// A line of figures over the chart: what is under the pointer, or the last values.
function legend(parent) {
  const box = el("div", { class: "chart-legend" });
  parent.append(box);
  return (entries) => {
    box.replaceChildren(...entries.filter(Boolean).map(([label, value, mark]) =>
      el("span", {}, mark && el("i", { class: `key ${mark}` }),
        label && el("b", {}, label), value)));
  };
}

function zoomButtons(parent, chart, last, spans) {
  const scale = chart.timeScale();
  const zoom = (factor) => {
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    const span = (range.to - range.from) * factor;
    // Who looks at the end stays there; else the middle stays in the middle.
    const to = range.to >= last ? range.to : (range.to + range.from + span) / 2;
    scale.setVisibleLogicalRange({ from: to - span, to });
  };
  const button = (label, name, act) =>
    el("button", { type: "button", class: "small", "aria-label": name, title: name, onclick: act },
      label);
  parent.replaceChildren(
    ...spans.map(([label, act]) => button(label, label, act)),
    button("\u2212", t("zoom.out"), () => zoom(2)),
    button("+", t("zoom.in"), () => zoom(0.5)),
    button(t("zoom.all"), t("zoom.all"), () => scale.fitContent()));
}
