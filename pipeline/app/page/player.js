// Sound: playing a recording, and making one with the microphone.

/** Plays a file; where the browser cannot, its time can still be set, so that everything can be looked at. */
export class Player extends EventTarget {
  #audio = new Audio();
  #time = 0;
  #playable = false;
  seconds = 0;

  constructor() {
    super();
    for (const name of ["play", "pause", "ended", "seeked"]) this.#audio.addEventListener(name, () => this.#changed());
    this.#audio.addEventListener("error", () => {
      if (!this.#audio.getAttribute("src")) return;
      this.#playable = false;
      this.dispatchEvent(new Event("unplayable"));
    });
  }

  open(file, seconds) {
    this.#audio.pause();
    if (this.#audio.src) URL.revokeObjectURL(this.#audio.src);
    this.#playable = true;
    this.#time = 0;
    this.seconds = seconds;
    this.#audio.src = URL.createObjectURL(file);
  }

  get playing() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get time() {
    return Math.min(this.#playable ? this.#audio.currentTime : this.#time, this.seconds);
  }

  set time(seconds) {
    this.#time = Math.min(Math.max(seconds, 0), this.seconds);
    if (this.#playable) this.#audio.currentTime = this.#time;
    this.#changed();
  }

  async toggle() {
    if (this.playing) this.#audio.pause();
    else if (this.#playable) await this.#audio.play().catch(() => {});
  }

  pause() {
    this.#audio.pause();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    if (this.playing) requestAnimationFrame(() => this.#changed());
  }
}

/** Records from the microphone until `stop` or `discard`. */
export class Recorder {
  #chunks = [];
  #discarded = false;

  /** Begin; `onLevel` is called with the level, 0 to 1, and the seconds so far. */
  static async start(onLevel) {
    const self = new Recorder();
    self.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    self.recorder = new MediaRecorder(self.stream);
    self.recorder.ondataavailable = (event) => self.#chunks.push(event.data);
    self.recorder.start(1000);
    self.#watch(onLevel);
    return self;
  }

  /** Return the recording as a file, or null where it was discarded. */
  finish(discard = false) {
    this.#discarded = discard;
    return new Promise((resolve) => {
      this.recorder.onstop = () => {
        for (const track of this.stream.getTracks()) track.stop();
        this.context.close();
        const type = this.recorder.mimeType;
        resolve(this.#discarded ? null : new File(this.#chunks, "microphone", { type }));
      };
      this.recorder.stop();
    });
  }

  #watch(onLevel) {
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const begun = performance.now();
    const look = () => {
      if (this.recorder.state !== "recording") return;
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      onLevel(Math.min(1, 3 * Math.sqrt(power)), (performance.now() - begun) / 1000);
      requestAnimationFrame(look);
    };
    look();
  }
}
