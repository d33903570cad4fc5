// Doing something again and again: not while the tab is hidden, and ever more rarely while it fails.

const MOST_SECONDS = 300;

/**
 * Call `act` every so many seconds, until the returned function is called.
 * @param {() => Promise<unknown>} act
 * @param {number} seconds
 */
export function poll(act, seconds) {
  let wait = seconds;
  let last = performance.now();
  let ended = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const turn = async () => {
    timer = undefined;
    last = performance.now();
    try {
      await act();
      wait = seconds;
    } catch {
      wait = Math.min(wait * 2, MOST_SECONDS); // `act` shows its own errors
    }
    next();
  };
  const next = () => {
    clearTimeout(timer);
    timer = undefined;
    if (ended || document.hidden) return;
    timer = setTimeout(turn, Math.max(0, wait * 1000 - (performance.now() - last)));
  };
  document.addEventListener("visibilitychange", next);
  next();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", next);
  };
}
