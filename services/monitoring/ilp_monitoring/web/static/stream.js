/**
 * Keeps the page connected: an event stream with watchdog and growing, jittered pauses; when it fails repeatedly, the
 * snapshot with each further attempt. Says in words what it is doing; the last numbers always stay.
 */

const SILENCE_MS = 45_000;
const LOAD_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;
const SAY_LOST_AFTER_MS = 3_000;
const HIDDEN_MS = 300_000;
const FAILURES_BEFORE_POLLING = 3;

export class Connection {
  /**
   * @param {{address: (last: number) => string, snapshot: string, sequence: number,
   *          onPatch: (patch: object) => void, onSnapshot: (situation: object) => void,
   *          onChecked: (at: string | null) => void, say: (state: string) => void}} options
   */
  constructor(options) {
    this.options = options;
    this.sequence = options.sequence;
    this.failures = 0;
    this.behind = false;
    this.ended = false;
    this.source = null;
    document.addEventListener("visibilitychange", () => this.#visibility());
  }

  open() {
    this.#drop();
    const source = new EventSource(this.options.address(this.sequence));
    this.source = source;
    this.#watch();
    source.addEventListener("open", () => this.#alive());
    source.addEventListener("detak", (event) => {
      this.#alive();
      const beat = JSON.parse(event.data);
      this.options.onChecked(beat.checked_at);
    });
    source.addEventListener("indicator", (event) => {
      this.#alive();
      const patch = JSON.parse(event.data);
      this.sequence = patch.sequence;
      this.options.onPatch(patch);
      this.options.onChecked(patch.checked_at);
    });
    source.addEventListener("muat-ulang", () => this.#startOver());
    source.addEventListener("error", () => this.#failed());
  }

  /** What was missed is no longer at hand: load everything, then follow from there, so that nothing falls between. */
  async #startOver() {
    this.#drop();
    this.behind = true;
    const situation = await this.#load();
    if (situation) {
      this.#take(situation);
      this.open();
    } else if (!this.ended) this.#failed();
  }

  /**
   * The snapshot; null when it fails or takes longer than LOAD_MS (a request without an answer holds one of the few
   * connections that a browser makes to a host). A session that is over ends the Connection.
   */
  async #load() {
    const late = new AbortController();
    const giveUp = setTimeout(() => late.abort(), LOAD_MS);
    try {
      const options = { headers: { Accept: "application/json" }, signal: late.signal };
      const answer = await fetch(this.options.snapshot, options);
      if (answer.status === 401) this.#end();
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    } finally {
      clearTimeout(giveUp);
    }
  }

  #take(situation) {
    this.sequence = situation.sequence;
    this.behind = false;
    this.options.onSnapshot(situation);
    this.options.onChecked(situation.checked_at);
  }

  /** Something came. While a snapshot is owed, numbers are missing: then the page does not yet call itself live. */
  #alive() {
    this.#watch();
    if (this.behind) return;
    this.failures = 0;
    clearTimeout(this.lost);
    this.lost = undefined;
    this.options.say("on");
  }

  #watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#failed(), SILENCE_MS);
  }

  #failed() {
    this.#drop();
    this.failures += 1;
    if (this.lost === undefined) this.lost = setTimeout(() => this.options.say("lost"), SAY_LOST_AFTER_MS);
    if (this.failures >= FAILURES_BEFORE_POLLING) this.#poll();
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (this.failures - 1));
    this.retry = setTimeout(() => this.open(), pause * (0.7 + 0.6 * Math.random()));
  }

  async #poll() {
    const situation = await this.#load();
    if (this.ended || this.failures === 0) return; // the stream that is back knows better
    clearTimeout(this.lost); // what the snapshot says is newer; no second timer until the stream is back
    if (situation) this.#take(situation);
    this.options.say(situation ? "polling" : "lost");
  }

  #drop() {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  #end() {
    this.ended = true;
    this.#drop();
    clearTimeout(this.lost);
    this.options.say("signed_out");
  }

  #visibility() {
    clearTimeout(this.hidden);
    if (document.hidden) this.hidden = setTimeout(() => this.#drop(), HIDDEN_MS);
    else if (this.source === null && !this.ended) this.open();
  }
}
