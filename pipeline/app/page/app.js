// The page: what is chosen, what is being done, and what came of it.

import { get, predict, Problem } from "./api.js";
import { colours, drawTimeline, drawWave } from "./draw.js";
import { clock, extent, icon, inWords, level, percent, save, size, span, sureness, toCsv, value } from "./format.js";
import { Player, Recorder } from "./player.js";

const $ = (id) => document.getElementById(id);
const THEMES = { automatic: "", light: "light", dark: "dark" };
const STEPS = {
  uploading: "Uploading",
  decoding: "Opening the recording",
  loading: "Loading the system",
  listening: "Listening",
  waiting: "Others are being served; trying again in a moment",
};

const player = new Player();
let systems = [];
let limits = { upload_bytes: Infinity };
let file = null; // what was asked about last
let result = null; // what came of it
let current = null; // the segment of the moment
let paint = colours();
let running = null; // an AbortController while something is in work
let recorder = null;

// --- small things -----------------------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function chip(score, withPercent = false) {
  const words = withPercent ? `${percent(score)} · ${sureness(score)}` : sureness(score);
  return element("span", { className: `chip ${level(score)}` }, mark(score), words);
}

const mark = (score) => element("i", { ariaHidden: "true", textContent: icon(score) });

function bars(list, top, { kind, segments }, n) {
  const [low, high] = kind === "classes" ? [0, 1] : extent(segments);
  list.replaceChildren(
    ...top.slice(0, n).map((one, rank) => {
      const colour = kind === "classes" && rank === 0 ? level(one.score) : "";
      const fill = element("span", { className: `fill ${colour}` });
      fill.style.width = `${(100 * (one.score - low)) / (high - low)}%`;
      return element(
        "li",
        {},
        element("span", { textContent: one.name }),
        element("span", { className: "track" }, fill),
        element("b", { textContent: value(one.score, kind) }),
      );
    }),
  );
}

function show(part) {
  for (const id of ["choose", "recording", "working"]) $(id).hidden = id !== part;
}

function fail(error) {
  $("problem-error").textContent = error.message;
  $("problem-advice").textContent = error.advice ?? "";
  $("problem").hidden = false;
  $("problem").scrollIntoView({ block: "nearest" });
}

// --- systems ----------------------------------------------------------------------------------------------------

async function loadSystems() {
  const [known, health] = await Promise.all([get("/api/systems"), get("/api/health")]);
  systems = known.systems;
  limits = health;
  const studies = Map.groupBy ? Map.groupBy(systems, (one) => one.study) : new Map([["Systems", systems]]);
  $("system").replaceChildren(
    ...[...studies].map(([study, members]) => {
      const group = element("optgroup", { label: study });
      group.append(...members.map((one) => new Option(one.name, one.name, one.default, one.default)));
      return group;
    }),
  );
  const hours = limits.sound_seconds / 3600;
  $("accepts").textContent =
    `WAV, MP3, FLAC, OGG, M4A or WebM, up to ${size(limits.upload_bytes)} and ${hours} hours`;
  describe();
}

function describe() {
  const card = systems.find((one) => one.name === $("system").value);
  const { score } = card;
  const chance = score ? `guessing scores ${card.kind === "classes" ? percent(score.chance) : score.chance}` : "";
  const rows = [
    ["Score", score ? `${score.metric} ${score.words}` : "not measured", chance],
    ["Tested on", ...listeners(card.new_speakers)],
    ["Protocol", card.protocol ?? "not known", card.reads_text ? "Whisper writes down what is said, first" : ""],
    ...(card.calibrated === null ? [] : [["Probabilities", card.calibrated ? "calibrated" : "not calibrated",
      card.calibrated ? "of 100 answers at 80 % about 80 are right, on clips like its own" : "80 % may mean more or less"]]),
    ["Learnt from", card.corpora.join(", ") || "not known", card.synthetic ? "synthetic speech" : ""],
  ];
  $("facts").replaceChildren(
    ...rows.flatMap(([term, text, more, tone]) => [
      element("dt", { textContent: term }),
      element(
        "dd",
        {},
        element("span", { className: tone ?? "", textContent: text }),
        ...(more ? [element("small", { textContent: more })] : []),
      ),
    ]),
  );
  $("synthetic").hidden = !card.synthetic;
  $("random").hidden = !card.random_weights;
  offerAgain();
}

function listeners(known) {
  if (known === true) return ["✓ new speakers", "people it had never heard", "good"];
  if (known === false) return ["! known speakers", "it was trained on them: expect less with others", "warn"];
  return ["speakers as its corpus says", "whether it had heard them is not known", ""];
}

const chosenSettings = () => ({ system: $("system").value, window: $("window").value, speech: $("speech").value });

function offerAgain() {
  const { system, window, speech } = chosenSettings();
  const same = result && result.system === system && result.window === Number(window) && result.speech === speech;
  $("again").hidden = !result || same || running !== null;
}

// --- asking -----------------------------------------------------------------------------------------------------

async function ask(chosen) {
  if (running) return;
  $("problem").hidden = true;
  if (chosen.size > limits.upload_bytes) {
    fail(new Problem(`The file has ${size(chosen.size)}.`, `Send one of at most ${size(limits.upload_bytes)}.`));
    return;
  }
  player.pause();
  running = new AbortController();
  offerAgain();
  $("file-name").textContent = `${chosen.name}, ${size(chosen.size)}`;
  show("working");
  tell("uploading", 0);
  try {
    const answer = await predict(chosen, chosenSettings(), tell, running.signal);
    [file, result] = [chosen, answer];
    present();
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  } finally {
    running = null;
    show("choose");
    offerAgain();
  }
}

function tell(step, share) {
  if ($("step").textContent !== STEPS[step]) $("step").textContent = STEPS[step]; // said once, not with every percent
  if (share == null || share >= 1) $("progress").removeAttribute("value");
  else $("progress").value = share;
}

// --- the answer -------------------------------------------------------------------------------------------------

function present() {
  $("result").hidden = false;
  player.open(file, result.seconds);
  presentWhole();
  presentSegments();
  $("notes").replaceChildren(...result.notes.map((note) => element("li", { textContent: note })));
  $("legend").hidden = result.kind !== "classes";
  $("labels").replaceChildren(...result.outputs.map((name) => element("span", { textContent: name, title: name })));
  $("wave").ariaValueMax = result.seconds.toFixed(1);
  $("total").textContent = clock(result.seconds);
  current = undefined; // so that the first segment is shown and said
  update();
  $("result").focus({ preventScroll: true });
  $("result").scrollIntoView({ block: "start", behavior: "smooth" });
}

function presentWhole() {
  const spoken = result.segments.filter((one) => one.speech).length;
  const of = spoken === result.segments.length ? `${spoken}` : `${spoken} of ${result.segments.length}`;
  $("summary").textContent =
    `${clock(result.seconds, true)} · ${of} segment${result.segments.length === 1 ? "" : "s"} with speech · ` +
    `${result.system}, ${result.models}`;
  const top = result.answer?.top;
  if (!top) $("answer").replaceChildren("no speech");
  else if (result.kind === "classes") {
    $("answer").replaceChildren(element("span", { className: "name", textContent: top[0].name }), chip(top[0].score, true));
  }
  else {
    const parts = top.map((one) => {
      const name = element("small", { textContent: one.name });
      return element("span", {}, value(one.score, result.kind), name);
    });
    $("answer").replaceChildren(...parts);
  }
}

function presentSegments() {
  const items = result.segments.map((segment) => {
    const [first] = segment.top;
    const sure = segment.speech && result.kind === "classes";
    const values = segment.top.map((one) => value(one.score, result.kind)).join(" · ");
    const what = sure ? first.name : values || "no speech";
    const button = element(
      "button",
      { type: "button" },
      element("span", { className: "what", textContent: what }),
      element("span", { className: "when", textContent: span(segment) + (sure ? ` · ${sureness(first.score)}` : "") }),
      sure ? element("span", { className: `chip ${level(first.score)}` }, mark(first.score), percent(first.score)) : "",
    );
    button.addEventListener("click", () => (player.time = segment.start));
    return element("li", {}, button);
  });
  $("segments").replaceChildren(...items);
}

function at(time) {
  return result.segments.findLast((one) => one.start <= time + 1e-6) ?? null;
}

function update() {
  if (!result) return;
  const { time } = player;
  $("play").classList.toggle("playing", player.playing);
  $("play").ariaLabel = player.playing ? "Pause" : "Play";
  $("time").textContent = clock(time);
  const segment = at(time);
  if (segment !== current) {
    current = segment;
    presentNow();
  }
  $("wave").ariaValueNow = time.toFixed(1);
  $("wave").ariaValueText = `${clock(time)} of ${clock(result.seconds)}, ${inWords(segment, result.kind)}`;
  draw();
}

function presentNow() {
  const { speech, top } = current;
  const state = speech ? "" : "no speech";
  const sure = speech && result.kind === "classes";
  const badge = sure ? chip(top[0].score) : element("span", { className: "chip none", textContent: state });
  $("now-title").replaceChildren(element("span", { textContent: span(current) }), badge);
  bars($("now"), top, result, 3);
  follow();
  result.segments.forEach((one, number) => {
    $("segments").children[number].firstChild.ariaCurrent = one === current ? "true" : null;
  });
  result.outputs.forEach((name, number) => {
    $("labels").children[number].className = top[0]?.name === name && result.kind === "classes" ? "is-top" : "";
  });
}

/** Scroll the list of segments, and not the page, to the one of the moment. */
function follow() {
  const list = $("segments");
  const item = list.children[result.segments.indexOf(current)];
  const [above, below] = [item.offsetTop - list.offsetTop, item.offsetTop - list.offsetTop + item.offsetHeight];
  if (above < list.scrollTop || below > list.scrollTop + list.clientHeight) list.scrollTop = above;
}

function draw() {
  if (!result) return;
  drawWave($("wave").firstElementChild, result, player.time, current, paint);
  drawTimeline($("timeline"), result, player.time, paint);
  $("timeline").ariaLabel =
    `Time line of ${result.outputs.join(", ")}: ` +
    result.segments.slice(0, 40).map((one) => `${span(one)} ${inWords(one, result.kind)}`).join("; ");
}

// --- what the user does -----------------------------------------------------------------------------------------

function seekBy(event, target) {
  const box = target.getBoundingClientRect();
  player.time = ((event.clientX - box.left) / box.width) * result.seconds;
}

const KEYS = {
  ArrowLeft: () => player.time - 1,
  ArrowRight: () => player.time + 1,
  ArrowDown: () => player.time - 1,
  ArrowUp: () => player.time + 1,
  PageUp: () => (at(Math.max(0, current.start - 0.01)) ?? current).start,
  PageDown: () => (current === result.segments.at(-1) ? result.seconds : current.end),
  Home: () => 0,
  End: () => result.seconds,
};

$("wave").addEventListener("keydown", (event) => {
  if (!result) return;
  if (event.key === " " || event.key === "Enter") player.toggle();
  else if (KEYS[event.key]) player.time = KEYS[event.key]();
  else return;
  event.preventDefault();
});
for (const id of ["wave", "timeline"]) {
  $(id).addEventListener("pointerdown", (event) => result && event.button === 0 && seekBy(event, $(id)));
  $(id).addEventListener("pointermove", (event) => result && event.buttons === 1 && seekBy(event, $(id)));
}
$("play").addEventListener("click", () => player.toggle());
player.addEventListener("change", update);
player.addEventListener("unplayable", () => {
  const text = "This browser cannot play the recording; its segments can be looked at all the same.";
  $("notes").append(element("li", { textContent: text }));
});

$("file").addEventListener("change", () => {
  const [chosen] = $("file").files;
  $("file").value = "";
  if (chosen) ask(chosen);
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragover");
    const [dropped] = event.dataTransfer?.files ?? [];
    if (name === "drop" && dropped && !recorder) ask(dropped);
  });
}
$("cancel").addEventListener("click", () => running?.abort());
$("dismiss").addEventListener("click", () => ($("problem").hidden = true));
$("again").addEventListener("click", () => ask(file));
$("system").addEventListener("change", describe);
for (const id of ["window", "speech"]) $(id).addEventListener("change", offerAgain);

$("record").addEventListener("click", async () => {
  $("problem").hidden = true;
  try {
    recorder = await Recorder.start((loud, seconds) => {
      $("level").value = loud;
      $("recorded").textContent = clock(seconds);
    });
    show("recording");
    $("stop").focus();
  } catch {
    fail(new Problem("The microphone cannot be used.", "Allow it in the browser's settings, or choose a file."));
  }
});
async function endRecording(discard) {
  const made = await recorder.finish(discard);
  recorder = null;
  show("choose");
  if (made) ask(made);
  else $("record").focus();
}
$("stop").addEventListener("click", () => endRecording(false));
$("discard").addEventListener("click", () => endRecording(true));

const stem = () => file.name.replace(/\.[^.]*$/, "") || "recording";
$("save-json").addEventListener("click", () =>
  save(`${stem()}.emotions.json`, "application/json", JSON.stringify(result, null, 1)),
);
$("save-csv").addEventListener("click", () => save(`${stem()}.emotions.csv`, "text/csv", toCsv(result)));

// --- theme and size ---------------------------------------------------------------------------------------------

function setTheme(name) {
  document.documentElement.dataset.theme = THEMES[name];
  $("theme").lastElementChild.textContent = `Theme: ${name}`;
  $("theme").dataset.name = name;
  repaint();
}
function repaint() {
  paint = colours();
  draw();
}
$("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf($("theme").dataset.name) + 1) % names.length];
  localStorage.setItem("theme", next);
  setTheme(next);
});
const kept = localStorage.getItem("theme");
setTheme(kept in THEMES ? kept : "automatic");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
new ResizeObserver(draw).observe($("wave"));

loadSystems().catch(fail);
