// Candles with the grid's lines, resting orders and fills; below them fills per bar and position.
// Rule: a rising candle is hollow and a falling one is filled, a buy points up and a sell down, so
// colour is never the only sign.

const FIRST_BARS = 160;
const PRICED_BARS_MAX = 200; // up to here, and to so many marks, each fill stands at its own price
const PRICED_MARKS_MAX = 240;
const MARKED_BARS_MAX = 420; // up to here a bar that saw fills has an arrow
const OPEN_ORDERS = new Set(["open", "partial", "canceling", "staged", "sent", "unknown"]);

let candleChart = null;

function drawCandles() {
  if (candleChart) candleChart.remove();
  candleChart = null;
  const bars = REPORT.candles;
  const parent = byId("candle-chart");
  parent.replaceChildren();
  fill("candle-note", candleNote(bars));
  if (bars.t.length < 2) {
    parent.append(empty("candles.none"));
    return;
  }
  const chart = CHARTS.createChart(parent, chartOptions());
  candleChart = chart;
  const places = Math.min(placesFor(bars.close), UNITS.price_decimals);
  const candles = chart.addSeries(CHARTS.CandlestickSeries, {
    upColor: colour("surface"), borderUpColor: colour("up"), wickUpColor: colour("up"),
    downColor: colour("down-fill"), borderDownColor: colour("down"), wickDownColor: colour("down"),
    priceFormat: scaleOf((value) => numberOf(value, places)), priceLineVisible: false,
  });
  candles.setData(bars.t.map((time, i) => ({
    time, open: bars.open[i], high: bars.high[i], low: bars.low[i], close: bars.close[i],
  })));
  addLines(candles);
  addCounts(chart, bars);
  addPosition(chart, bars);
  [4, 0.8, 1].forEach((factor, index) => chart.panes()[index].setStretchFactor(factor));
  keepMarkers(chart, candles, bars);
  followPointer(chart, parent, bars, places);
  const scale = chart.timeScale();
  const last = bars.t.length - 1;
  const latest = () => {
    const count = Math.min(parent.clientWidth < 600 ? FIRST_BARS / 2 : FIRST_BARS, last);
    scale.setVisibleLogicalRange({ from: last - count, to: last + 1 });
  };
  latest();
  zoomButtons(byId("candle-zoom"), chart, last, [[t("zoom.latest"), latest]]);
}

function candleNote(bars) {
  const parts = [];
  if (bars.span_s) parts.push(t("candle.span", { span: spanText(bars.span_s) }));
  if (bars.given > bars.t.length) {
    parts.push(t("candle.merged", { given: plain(bars.given), shown: plain(bars.t.length) }));
  }
  const grid = REPORT.levels;
  if (grid) {
    parts.push(t("candle.grid", {
      n: grid.count, low: plain(grid.low), high: plain(grid.high), unit: UNITS.price,
    }));
  }
  const decision = RESULT.decision && RESULT.decision[state.language];
  if (decision) parts.push(t("candle.decision", { decision }));
  return parts.join(" ");
}

function spanText(seconds) {
  for (const [size, key] of [[86400, "span.d"], [3600, "span.h"], [60, "span.m"]]) {
    if (seconds >= size && seconds % size === 0) return t(key, { n: seconds / size });
  }
  return t("span.s", { n: seconds });
}

function addLines(series) {
  const drawn = new Set();
  const line = (price, side, resting) => series.createPriceLine({
    price: Number(price), lineWidth: 1, axisLabelVisible: false, title: "",
    color: colour(side === BUY ? "buy-line" : side ? "sell-line" : "idle-line"),
    lineStyle: resting ? CHARTS.LineStyle.Solid : CHARTS.LineStyle.SparseDotted,
  });
  for (const { price, side, state: of } of REPORT.grid) {
    line(price, side, side !== 0 && of !== "empty");
    drawn.add(Number(price));
  }
  for (const order of REPORT.orders.rows) {
    if (!OPEN_ORDERS.has(order.status) || !isFigure(order.price)) continue;
    if (drawn.has(Number(order.price)) || Number(order.price) === 0) continue;
    line(order.price, order.side, true);
  }
}

function addCounts(chart, bars) {
  const options = {
    priceFormat: scaleOf((value) => String(Math.abs(Math.round(value))), 1),
    priceLineVisible: false, lastValueVisible: false,
  };
  for (const [values, sign, name] of [[bars.buys, 1, "up"], [bars.sells, -1, "down"]]) {
    const series = chart.addSeries(CHARTS.HistogramSeries, { ...options, color: colour(name) }, 1);
    series.setData(bars.t.map((time, i) =>
      (values[i] ? { time, value: sign * values[i] } : { time })));
  }
}

function addPosition(chart, bars) {
  const places = placesFor(bars.position, UNITS.quantity_decimals);
  const series = chart.addSeries(CHARTS.BaselineSeries, {
    baseValue: { type: "price", price: 0 }, lineType: CHARTS.LineType.WithSteps, lineWidth: 1,
    topLineColor: colour("accent"), topFillColor1: colour("accent-faint"),
    topFillColor2: colour("accent-wash"), bottomLineColor: colour("accent"),
    bottomFillColor1: colour("accent-wash"), bottomFillColor2: colour("accent-faint"),
    priceFormat: scaleOf((value) => numberOf(value, places)), priceLineVisible: false,
  }, 2);
  series.setData(bars.t.map((time, i) => ({ time, value: bars.position[i] })));
}

// Markers follow the zoom: prices near by, arrows farther out, the count pane for the whole run.
function keepMarkers(chart, series, bars) {
  const markers = CHARTS.createSeriesMarkers(series, []);
  const priced = pricedFills(bars);
  let shown = "";
  const update = () => {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const [from, to] = [Math.floor(range.from) - 5, Math.ceil(range.to) + 5];
    if (`${from} ${to}` === shown) return;
    shown = `${from} ${to}`;
    const count = range.to - range.from;
    if (count > MARKED_BARS_MAX) markers.setMarkers([]);
    else {
      const near = count > PRICED_BARS_MAX ? []
        : priced.filter(({ bar }) => bar >= from && bar <= to);
      const clear = near.length > 0 && near.length <= PRICED_MARKS_MAX;
      markers.setMarkers(clear ? near : arrows(bars, from, to));
    }
  };
  let waiting = false;
  chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (candleChart === chart) update();
    });
  });
}

function marker(time, side, more) {
  return {
    time, shape: side === BUY ? "arrowUp" : "arrowDown",
    color: colour(side === BUY ? "up" : "down"), ...more,
  };
}

function arrows(bars, from, to) {
  const found = [];
  for (let i = Math.max(from, 0); i <= Math.min(to, bars.t.length - 1); i += 1) {
    if (bars.buys[i]) found.push(marker(bars.t[i], BUY, { position: "belowBar", size: 0.6 }));
    if (bars.sells[i]) found.push(marker(bars.t[i], -BUY, { position: "aboveBar", size: 0.6 }));
  }
  return found;
}

// One marker per bar, side and price, however many fills made it.
function pricedFills(bars) {
  const fills = REPORT.fills;
  const seen = new Set();
  const found = [];
  let bar = 0;
  fills.t.forEach((moment, i) => {
    while (bar + 1 < bars.t.length && bars.t[bar + 1] * 1000 < moment) bar += 1;
    const name = `${bar} ${fills.side[i]} ${fills.price[i]}`;
    if (seen.has(name)) return;
    seen.add(name);
    found.push(marker(bars.t[bar], fills.side[i], {
      bar, position: fills.side[i] === BUY ? "atPriceBottom" : "atPriceTop",
      price: Number(fills.price[i]), size: 0.6,
    }));
  });
  return found;
}

function followPointer(chart, parent, bars, places) {
  const show = legend(parent);
  const rows = new Map(bars.t.map((time, index) => [time, index]));
  const held = placesFor(bars.position, UNITS.quantity_decimals);
  const say = (i, moment) => show([
    moment && [null, timeText(bars.t[i] * 1000, { seconds: false })],
    ...["open", "high", "low", "close"].map((name) =>
      [t(`candle.${name}`), numberOf(bars[name][i], places)]),
    [null, UNITS.price],
    [t("candle.volume"), `${compact(bars.volume[i]).replace("+", "")} ${UNITS.quantity}`],
    [t("candle.buys"), String(bars.buys[i]), "up"],
    [t("candle.sells"), String(bars.sells[i]), "down"],
    [t("candle.position"), `${numberOf(bars.position[i], held)} ${UNITS.quantity}`, "accent"],
    [t("candle.inventory"), `${numberOf(bars.inventory[i], MONEY_PLACES)} ${CURRENCY}`],
  ]);
  say(bars.t.length - 1, false);
  chart.subscribeCrosshairMove(({ time }) => {
    const index = rows.get(time);
    say(index ?? bars.t.length - 1, index !== undefined);
  });
}
