// Settings that this browser stores for the person. Without storage they hold for the page.

export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden
  }
}

/** @param {string} key
 * @param {string | null} value null: forget it */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is forbidden.
  }
}
