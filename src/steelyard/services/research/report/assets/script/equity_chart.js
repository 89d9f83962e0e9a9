// Equity beside buy-and-hold, and below both drawdowns, on one time axis.

let equityChart = null;

function drawEquity() {
  const { t: times, equity, hold, drawdown, hold_drawdown: holdDrawdown } = REPORT.curve;
  if (equityChart) equityChart.remove();
  equityChart = null;
  const parent = byId("equity-chart");
  parent.replaceChildren();
  fill("equity-note", t("equity.note"));
  if (times.length < 2) {
    parent.append(empty("curve.none"));
    return;
  }
  const chart = CHARTS.createChart(parent, chartOptions());
  equityChart = chart;
  const places = placesFor(equity);
  const amounts = scaleOf((value) => numberOf(value, places));
  const percents = scaleOf((value) => percentOf(value / 100, 1));
  const points = (values, factor = 1) =>
    times.map((time, index) => ({ time, value: values[index] * factor }));

  const compared = Boolean(RESULT.buy_and_hold);
  if (compared) {
    chart.addSeries(CHARTS.LineSeries, {
      color: colour("hold"), lineWidth: 1, priceFormat: amounts, priceLineVisible: false,
      crosshairMarkerRadius: 3,
    }).setData(points(hold));
  }
  const ours = chart.addSeries(CHARTS.LineSeries, {
    color: colour("accent"), lineWidth: 2, priceFormat: amounts, priceLineVisible: false,
  });
  ours.setData(points(equity));
  ours.createPriceLine({
    price: Number(RESULT.equity_start), color: colour("soft"), lineWidth: 1,
    lineStyle: CHARTS.LineStyle.Dotted, axisLabelVisible: false, title: "",
  });
  const below = chart.addSeries(CHARTS.BaselineSeries, {
    baseValue: { type: "price", price: 0 }, priceFormat: percents, lineWidth: 1,
    topLineColor: colour("down"), topFillColor1: "transparent", topFillColor2: "transparent",
    bottomLineColor: colour("down"), bottomFillColor1: colour("down-faint"),
    bottomFillColor2: colour("down-wash"), priceLineVisible: false,
  }, 1);
  below.setData(points(drawdown, 100));
  if (compared) {
    chart.addSeries(CHARTS.LineSeries, {
      color: colour("hold"), lineWidth: 1, priceFormat: percents, priceLineVisible: false,
      lastValueVisible: false, crosshairMarkerVisible: false,
    }, 1).setData(points(holdDrawdown, 100));
  }
  chart.panes()[0].setStretchFactor(3);
  chart.panes()[1].setStretchFactor(1.1);
  markDeepest(below, times, drawdown);

  const show = legend(parent);
  const rows = new Map(times.map((time, index) => [time, index]));
  const say = (index, moment) => show([
    moment && [null, timeText(times[index] * 1000, { seconds: false })],
    [t("legend.strategy"), `${numberOf(equity[index], places)} ${CURRENCY}`, "accent"],
    compared && [t("hold"), `${numberOf(hold[index], places)} ${CURRENCY}`, "hold"],
    [t("legend.drawdown"), percentOf(drawdown[index]), "down"],
  ]);
  say(times.length - 1, false);
  chart.subscribeCrosshairMove(({ time }) => {
    const index = rows.get(time);
    say(index ?? times.length - 1, index !== undefined);
  });
  chart.timeScale().fitContent();
  zoomButtons(byId("equity-zoom"), chart, times.length - 1, []);
}

function markDeepest(series, times, drawdown) {
  const deepest = drawdown.reduce((low, value, index) => (value < drawdown[low] ? index : low), 0);
  if (drawdown[deepest] === 0) return;
  CHARTS.createSeriesMarkers(series, [{
    time: times[deepest], position: "atPriceMiddle", price: drawdown[deepest] * 100,
    shape: "circle", color: colour("down"), size: 0.6,
  }]);
}
