// Parses a typed amount or seed. Pure.

/** Text that is no number goes to the API unchanged, which answers what is wrong. */
export function asNumber(text) {
  const plain = text.trim().replace(",", ".");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

/** A share is 0 to 1 in the API and a percentage on the page.
 * @throws {Error} whose message can be shown */
export function asAmount(text, { isShare }) {
  const amount = asNumber(text);
  const isPercentage = typeof amount === "number" && amount > 0 && amount <= 100;
  if (isShare && !isPercentage) {
    throw new Error("How many frames to take must be a percentage above 0 and at most 100.");
  }
  return amount;
}

/** The amount times a factor, a share at most 100 %. Text that is no amount stays as it is. */
export function added(before, more, { isShare }) {
  if (isShare) return Math.min(before + more, 100);
  return Number.isInteger(more) && more > 0 ? before + more : more;
}

export function share(percent) {
  return Number((percent / 100).toPrecision(12));
}
