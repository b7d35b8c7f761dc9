// The drawings: the wave with its segments, and the time line of all classes.

import { clock, extent, icon, level, percent } from "./format.js";

const STRIP = 26; // pixels below the wave, for the segments' names
export const ROW = 22; // pixels a class, as in style.css
const AXIS = 20;

/** Prepare a canvas for drawing in its own pixels; return its context and size. */
function prepare(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  if (height) canvas.style.height = `${height}px`;
  const tall = height || canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(tall * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.clearRect(0, 0, width, tall);
  return { context, width, height: tall };
}

/** Return colours by their names in style.css, as they are in the theme of the moment. */
export function colours() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const names = ["ink", "muted", "line", "accent", "soft", "bar", "surface", "raised", "high", "medium", "low"];
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return { ...Object.fromEntries(found), font: getComputedStyle(document.body).fontFamily };
}

/** Draw the wave: what was played in the accent, below it a mark and a name for each segment. */
export function drawWave(canvas, result, time, current, paint) {
  const { context, width, height } = prepare(canvas);
  const x = (seconds) => (seconds / result.seconds) * width;
  const tall = height - STRIP;
  if (current) {
    context.fillStyle = paint.soft;
    round(context, x(current.start), 0, x(current.end) - x(current.start), tall, 6);
  }
  drawBars(context, result.peaks, width, tall, x(time), paint);
  for (const segment of result.segments) drawMark(context, segment, x, tall, result.kind, paint);
  drawHead(context, x(time), tall, paint);
}

function drawBars(context, peaks, width, tall, played, paint) {
  const [step, thick] = [4, 2.6];
  const most = Math.max(0.05, ...peaks);
  for (let left = 0; left < width; left += step) {
    const from = Math.floor((left / width) * peaks.length);
    const to = Math.max(from + 1, Math.floor(((left + step) / width) * peaks.length));
    let peak = 0;
    for (let at = from; at < Math.min(to, peaks.length); at += 1) peak = Math.max(peak, peaks[at]);
    const high = Math.max(2, (peak / most) * (tall - 16));
    context.fillStyle = left + thick / 2 <= played ? paint.accent : paint.bar;
    round(context, left, (tall - high) / 2, thick, high, thick / 2);
  }
}

function drawMark(context, segment, x, tall, kind, paint) {
  const [left, right] = [x(segment.start) + 1, x(segment.end) - 1];
  const wide = right - left;
  const [first] = segment.top;
  const sure = kind === "classes" && first ? level(first.score) : null;
  context.fillStyle = segment.speech ? paint[sure ?? "accent"] : paint.line;
  round(context, left, tall + 2, Math.max(wide, 0.5), 4, 2);
  const texts = !segment.speech
    ? ["no speech", "–"]
    : sure
      ? [`${icon(first.score)} ${first.name} ${percent(first.score)}`, `${icon(first.score)} ${first.name}`, icon(first.score)]
      : [];
  context.font = `600 12px ${paint.font}`;
  context.textBaseline = "alphabetic";
  if (wide < 10) return;
  const text = texts.find((one) => context.measureText(one).width <= wide - 4);
  context.fillStyle = segment.speech ? paint[sure ?? "ink"] : paint.muted;
  context.textAlign = "center";
  if (text) context.fillText(text, (left + right) / 2, tall + 21);
}

function drawHead(context, at, tall, paint) {
  context.fillStyle = paint.ink;
  context.fillRect(at - 1, 0, 2, tall);
  context.beginPath();
  context.arc(at, 4, 4, 0, 2 * Math.PI);
  context.fill();
}

const kept = { result: null, paint: null, width: 0, canvas: document.createElement("canvas") };

/** Draw a row for each class, the darker the more probable, or for each dimension, the higher the more. */
export function drawTimeline(canvas, result, time, paint) {
  const height = result.outputs.length * ROW;
  const { context, width } = prepare(canvas, height + AXIS);
  if (kept.result !== result || kept.paint !== paint || kept.width !== canvas.width) {
    [kept.canvas.width, kept.canvas.height] = [canvas.width, canvas.height];
    const still = kept.canvas.getContext("2d"); // hours have thousands of cells: drawn once, and not for each frame
    still.scale(canvas.width / width, canvas.width / width);
    drawCells(still, result, width, paint);
    Object.assign(kept, { result, paint, width: canvas.width });
  }
  context.drawImage(kept.canvas, 0, 0, width, height + AXIS);
  context.fillStyle = paint.ink;
  context.fillRect((time / result.seconds) * width - 1, 0, 2, height);
}

function drawCells(context, { outputs, segments, seconds, kind }, width, paint) {
  const x = (moment) => (moment / seconds) * width;
  const [low, high] = kind === "classes" ? [0, 1] : extent(segments);
  outputs.forEach((name, row) => {
    for (const { start, end, scores, top } of segments) {
      const [left, wide] = [x(start), Math.max(x(end) - x(start) - 1, 0.5)];
      context.globalAlpha = 1;
      context.fillStyle = paint.raised;
      context.fillRect(left, row * ROW + 1, wide, ROW - 2);
      if (!scores) continue;
      const share = (scores[name] - low) / (high - low || 1);
      context.fillStyle = paint.accent;
      if (kind === "classes") {
        context.globalAlpha = 0.06 + 0.94 * share;
        context.fillRect(left, row * ROW + 1, wide, ROW - 2);
        context.globalAlpha = 1;
        if (top[0]?.name === name) outline(context, left, row * ROW + 1, wide, ROW - 2, paint.ink);
      } else {
        context.fillRect(left, row * ROW + 1 + (1 - share) * (ROW - 4), wide, 2 + share * (ROW - 4));
      }
    }
  });
  drawAxis(context, seconds, width, outputs.length * ROW, x, paint);
}

function outline(context, left, top, wide, high, colour) {
  if (wide < 4) return;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, top + 0.75, wide - 1.5, high - 1.5);
}

function drawAxis(context, seconds, width, top, x, paint) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((one) => x(one) >= 56) ?? 3600;
  context.font = `12px ${paint.font}`;
  context.fillStyle = paint.muted;
  for (let moment = 0; moment <= seconds; moment += step) {
    context.textAlign = moment === 0 ? "left" : x(moment) > width - 16 ? "right" : "center";
    context.fillText(clock(moment), Math.min(x(moment), width), top + 15);
  }
}

function round(context, left, top, wide, high, radius) {
  context.beginPath();
  context.roundRect(left, top, wide, high, Math.min(radius, wide / 2, high / 2));
  context.fill();
}
