// Browsers let no page make sounds before its user has clicked or pressed a key.

/** Does something at the next click or key, once. */
export function atGesture(run: () => unknown) {
  const once = new AbortController();
  const now = () => {
    once.abort();
    run();
  };
  for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, now, { signal: once.signal });
}
