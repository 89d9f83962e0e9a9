// The tables of fills and orders.

function fillRows() {
  const fills = REPORT.fills;
  return fills.t.map((moment, i) => ({
    moment, number: fills.number[i], side: fills.side[i], price: fills.price[i],
    quantity: fills.quantity[i], liquidity: fills.liquidity[i], fee: fills.fee[i],
    profit: fills.profit[i],
  })).reverse();
}

function sideName(side) {
  return side === BUY ? `\u25b2 ${t("side.buy")}` : `\u25bc ${t("side.sell")}`;
}

function liquidityName(liquidity) {
  return t(liquidity === 1 ? "maker" : "taker");
}

const bySide = () => ({
  key: "side", label: t("filter.side"),
  options: [["1", t("side.buy")], ["-1", t("side.sell")]],
  keep: (row, value) => String(row.side) === value,
});

function number(rows, key, label, unit, { format = plain, ...more } = {}) {
  const even = aligned(rows.map((row) => row[key]));
  return {
    key, label, unit, kind: "number", show: (row) => format(even(row[key])),
    sort: (row) => (isFigure(row[key]) ? Number(row[key]) : null), ...more,
  };
}

const moment = (milliseconds) => ({
  key: "moment", label: t("column.time"), unit: "UTC", kind: "time",
  show: (row) => timeText(row.moment, { seconds: milliseconds }), sort: (row) => row.moment,
});

const orderNumber = () => ({
  key: "number", label: t("column.order"), kind: "number", show: (row) => `#${row.number}`,
  sort: (row) => Number(row.number),
});

const sideColumn = () => ({
  key: "side", label: t("column.side"), kind: "text", show: (row) => sideName(row.side),
  sort: (row) => row.side, mark: (row) => (row.side === BUY ? "up" : "down"),
});

const FILL_ROWS = fillRows();

const drawFills = makeTable("fills-table", {
  rows: FILL_ROWS,
  columns: () => [
    moment(true), sideColumn(),
    number(FILL_ROWS, "price", t("column.price"), UNITS.price),
    number(FILL_ROWS, "quantity", t("column.quantity"), UNITS.quantity),
    number(FILL_ROWS, "profit", t("column.profit"), CURRENCY, {
      format: (text) => signed(text), mark: (row) => tone(row.profit),
    }),
    number(FILL_ROWS, "fee", t("column.fee"), CURRENCY),
    { key: "liquidity", label: t("column.liquidity"), kind: "text",
      show: (row) => liquidityName(row.liquidity), sort: (row) => row.liquidity },
    orderNumber(),
  ],
  filters: () => [bySide(),
    { key: "liquidity", label: t("filter.liquidity"), options: [["1", t("maker")], ["2", t("taker")]],
      keep: (row, value) => String(row.liquidity) === value },
    { key: "closing", label: t("filter.profit"),
      options: [["gain", t("filter.gain")], ["loss", t("filter.loss")]],
      keep: (row, value) => signOf(row.profit) === (value === "gain" ? 1 : -1) },
  ],
  search: (row) => `${timeText(row.moment)} ${row.price} ${row.quantity} #${row.number}`,
  note: () => {
    const { total, closing, gaining } = REPORT.fills;
    const cut = total > FILL_ROWS.length
      ? t("fills.cut", { shown: plain(FILL_ROWS.length), n: plain(total) }) : "";
    const gains = closing ? t("fills.gaining", { gaining: plain(gaining), n: plain(closing) }) : "";
    return [cut, gains].filter(Boolean).join(" ");
  },
});

const ORDER_ROWS = REPORT.orders.rows.map((row) => ({ ...row, moment: row.t })).reverse();

const drawOrders = makeTable("orders-table", {
  rows: ORDER_ROWS,
  columns: () => [
    moment(true), sideColumn(),
    { key: "type", label: t("column.type"), kind: "text", show: (row) => named("type", row.type),
      sort: (row) => row.type },
    number(ORDER_ROWS, "price", t("column.price"), UNITS.price),
    number(ORDER_ROWS, "quantity", t("column.quantity"), UNITS.quantity),
    number(ORDER_ROWS, "filled", t("column.filled"), UNITS.quantity),
    { key: "status", label: t("column.status"), kind: "text",
      show: (row) => [el("span", { class: `status ${OPEN_ORDERS.has(row.status) ? "open" : ""}` },
        named("status", row.status)),
      row.reason && el("span", { class: "why", title: row.reason }, ` \u00b7 ${row.reason}`)],
      sort: (row) => row.status },
    orderNumber(),
  ],
  filters: () => [bySide(),
    { key: "status", label: t("filter.status"),
      options: [...new Set(ORDER_ROWS.map(({ status }) => status))].sort()
        .map((status) => [status, named("status", status)]),
      keep: (row, value) => row.status === value },
  ],
  search: (row) => `${timeText(row.moment)} ${row.price} #${row.number} ${row.status} ${row.reason}`,
  note: () => (REPORT.orders.total > ORDER_ROWS.length
    ? t("orders.cut", { shown: plain(ORDER_ROWS.length), n: plain(REPORT.orders.total) }) : ""),
});
