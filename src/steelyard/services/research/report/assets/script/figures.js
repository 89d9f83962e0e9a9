// Figures as text.
// Rule 1: money and ratios are decimal text; they are rounded and grouped as text, never as floats.
// Rule 2: a figure that is not there reads as a dash, never as zero.

const MINUS = "\u2212";
const NONE = "\u2014";
const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)$/;

function isFigure(value) {
  return value !== null && value !== undefined && PLAIN.test(String(value).trim());
}

// A decimal text as an exact integer and the number of its decimals.
function exact(value) {
  const text = String(value).trim();
  const [whole, fraction = ""] = text.replace(/^[+-]/, "").split(".");
  const units = BigInt((whole || "0") + fraction);
  return { units: text.startsWith("-") ? -units : units, decimals: fraction.length };
}

function signOf(value) {
  if (!isFigure(value)) return 0;
  const { units } = exact(value);
  return units > 0n ? 1 : units < 0n ? -1 : 0;
}

function write({ units, decimals }) {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const text = decimals ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits;
  return units < 0n ? `-${text}` : text;
}

function rescale({ units, decimals }, places) {
  if (places >= decimals) {
    return { units: units * 10n ** BigInt(places - decimals), decimals: places };
  }
  const power = 10n ** BigInt(decimals - places);
  const half = units < 0n ? -power / 2n : power / 2n;
  return { units: (units + half) / power, decimals: places };
}

// Round half away from zero; what would read as zero keeps two significant digits instead.
function rounded(value, places) {
  const whole = exact(value);
  let result = rescale(whole, places);
  for (let more = places + 1; result.units === 0n && whole.units !== 0n; more += 1) {
    result = rescale(whole, Math.min(more + 1, whole.decimals));
  }
  return write(result);
}

function minus(a, b) {
  const [x, y] = [exact(a), exact(b)];
  const places = Math.max(x.decimals, y.decimals);
  return write({ units: rescale(x, places).units - rescale(y, places).units, decimals: places });
}

function grouped(text) {
  const [, sign, whole, fraction] = /^([+-]?)(\d*)(\.\d*)?$/.exec(text) || [null, "", text, ""];
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return (sign === "-" ? MINUS : sign) + groups + (fraction || "");
}

function plain(value) {
  return isFigure(value) ? grouped(String(value).trim()) : NONE;
}

function signed(value, places) {
  if (!isFigure(value)) return NONE;
  const text = grouped(places === undefined ? String(value).trim() : rounded(value, places));
  return signOf(value) > 0 ? `+${text.replace("+", "")}` : text;
}

function unsigned(value, places) {
  return isFigure(value) ? grouped(rounded(value, places)) : NONE;
}

// A ratio as percent: the point moves two places, no digit changes before rounding.
function percent(ratio, { places = 2, sign = true } = {}) {
  if (!isFigure(ratio)) return NONE;
  const { units, decimals } = exact(ratio);
  const hundred = write(decimals >= 2 ? { units, decimals: decimals - 2 }
    : { units: units * 10n ** BigInt(2 - decimals), decimals: 0 });
  return `${sign ? signed(hundred, places) : unsigned(hundred, places)}\u202f%`;
}

// Floats exist for drawings only; their labels are rounded for the eye.
function percentOf(ratio, places = 2) {
  if (ratio === null || !Number.isFinite(ratio)) return NONE;
  return percent(ratio.toFixed(12), { places });
}

function numberOf(value, places) {
  return grouped(Number(value).toFixed(places));
}

// As many decimals as make five significant digits of the largest value.
function placesFor(values, most = 8) {
  const largest = values.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  if (!largest) return 2;
  return Math.min(Math.max(4 - Math.floor(Math.log10(largest)), 0), most);
}

function compact(value) {
  const size = Math.abs(value);
  const [divisor, suffix] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"]
    : size >= 1e4 ? [1e3, "k"] : [1, ""];
  const places = divisor > 1 ? 1 : size >= 100 || size === 0 ? 0 : size >= 1 ? 2 : 4;
  const text = grouped((value / divisor).toFixed(places));
  return (value > 0 ? "+" : "") + text + suffix;
}

// Times are UTC and say so once per table or chart.
function timeText(milliseconds, { seconds = true } = {}) {
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)}`;
}

function dayText(day) {
  return new Date(day * 86400000).toISOString().slice(0, 10);
}

// Moments come as ISO text or as nanoseconds since 1970.
function momentText(value) {
  if (value === null || value === undefined || value === "") return NONE;
  if (/^\d{16,}$/.test(String(value))) return timeText(Number(value) / 1e6);
  return String(value).replace(/^(\d{4}-\d\d-\d\d)T/, "$1 ").replace(/(\.0+)?(Z|\+00:00)$/, "");
}

function momentOf(value) {
  if (/^\d{16,}$/.test(String(value))) return Number(value) / 1e6;
  const text = String(value).replace(" ", "T");
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) || text.length <= 10 ? text : `${text}Z`);
}
