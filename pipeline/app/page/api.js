// The server's API: which systems there are, and asking one about a recording.

export class Problem extends Error {
  constructor(error, advice = "") {
    super(error);
    this.advice = advice;
  }
}

/** Return what an address says. */
export async function get(path) {
  const reply = await fetch(path);
  if (!reply.ok) throw new Problem(`The server answered ${reply.status}.`, "Load the page again.");
  return reply.json();
}

/**
 * Ask about a recording; where the server has too much to do, wait and ask again.
 *
 * @param file The recording.
 * @param settings `system`, `window` and `speech`.
 * @param tell Called with what is being done ("uploading", "decoding", "loading", "listening", "waiting") and how much of it.
 * @param signal Ends it.
 */
export async function predict(file, settings, tell, signal) {
  for (;;) {
    const { wait, done } = await send(file, settings, tell, signal);
    if (done) return done;
    for (let left = wait; left > 0; left -= 1) {
      tell("waiting", null, left);
      await pause(1000, signal);
    }
  }
}

function send(file, settings, tell, signal) {
  const form = new FormData();
  form.append("system", settings.system);
  form.append("window", settings.window);
  form.append("speech", settings.speech);
  form.append("file", file, "recording"); // its name is nobody's business
  const request = new XMLHttpRequest(); // fetch does not tell how much of an upload is done
  request.open("POST", "/api/predict");
  request.setRequestHeader("Accept", "application/x-ndjson");
  request.upload.onprogress = (event) => tell("uploading", event.loaded / event.total);
  request.onprogress = () => {
    const line = lines(request).at(-1);
    if (request.status === 200 && line?.step) tell(line.step, line.share);
  };
  const result = new Promise((resolve, reject) => {
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(new Problem("The server does not answer.", "Is it still running?"));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
  });
  request.send(form);
  return result;
}

function settle(request, resolve, reject) {
  const last = lines(request).at(-1) ?? {};
  if (request.status === 503) resolve({ wait: Number(request.getResponseHeader("Retry-After")) || 5 });
  else if (last.done) resolve({ done: last.done });
  else if (last.failed) reject(new Problem(last.failed.error, last.failed.advice));
  else if (last.error) reject(new Problem(last.error, last.advice));
  else reject(new Problem("The server broke off.", "Try again."));
}

/** Return the complete lines that have come, parsed; the last one is JSON of its own where the request failed. */
function lines(request) {
  const text = request.responseText;
  const complete = request.readyState === 4 ? text : text.slice(0, text.lastIndexOf("\n") + 1);
  try {
    return complete.trim().split("\n").slice(-1).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
