// Words and numbers for people, and the answer as files.

const LEVELS = {
  high: { icon: "●", words: "sure" },
  medium: { icon: "◐", words: "fairly sure" },
  low: { icon: "○", words: "unsure" },
};

/** Return how sure a probability is: "high" over 80 %, "medium" from 60 to 80 %, else "low". */
export function level(score) {
  if (score > 0.8) return "high";
  return score >= 0.6 ? "medium" : "low";
}

export const icon = (score) => LEVELS[level(score)].icon;
export const sureness = (score) => LEVELS[level(score)].words;
export const percent = (score) => `${Math.round(100 * score)} %`;
export const value = (score, kind) => (kind === "classes" ? percent(score) : score.toFixed(2).replace("-", "−"));

/** Return seconds as 0:07, 12:30 or 1:02:03; tenths where a segment does not begin at a full second. */
export function clock(seconds, tenths = false) {
  const whole = tenths ? Math.round(seconds * 10) / 10 : Math.floor(seconds + 1e-6);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = (whole % 60).toFixed(tenths && whole % 1 ? 1 : 0);
  const pad = (text) => (text.indexOf(".") === 1 || text.length === 1 ? `0${text}` : text);
  return hours ? `${hours}:${pad(String(minutes))}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

export const span = (segment) => `${clock(segment.start, true)}–${clock(segment.end, true)}`;

export function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Return the lowest and the highest value of an answer's dimensions, at least 0 and 1. */
export function extent(segments) {
  const values = segments.flatMap((one) => (one.scores ? Object.values(one.scores) : []));
  return values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [0, 1]);
}

/** Return a segment in words, as a screen reader says it. */
export function inWords(segment, kind) {
  if (!segment.speech) return "no speech";
  if (kind !== "classes") return segment.top.map((one) => `${one.name} ${value(one.score, kind)}`).join(", ");
  const [first] = segment.top;
  return `${first.name} ${percent(first.score)}, ${sureness(first.score)}`;
}

/** Return the segments as CSV: a row each, a column for each class or dimension. */
export function toCsv(result) {
  const quote = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const head = ["start", "end", "speech", "top", ...result.outputs];
  const rows = result.segments.map((one) => [
    ...[one.start, one.end, one.speech, result.kind === "classes" ? (one.top[0]?.name ?? "") : ""],
    ...result.outputs.map((name) => one.scores?.[name] ?? ""),
  ]);
  return [head, ...rows].map((row) => row.map((cell) => quote(String(cell))).join(",")).join("\n") + "\n";
}

export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
