// The list and the page of a selection: tidy addresses, pictures that do not come, renaming.

const RETRY_AFTER = 3000; // ms
const TRIES = 5;
const PASSING = new Set([429, 502, 503, 504]);
const PICTURES = ".thumb img, .shot img";

// Going back asks the server: what was typed meanwhile would not fit a list kept from before.
window.htmx.config.historyCacheSize = 0;
window.htmx.config.refreshOnHistoryMiss = true;

// A filter that is not used has no place in the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.closest("[data-tidy]")) return;
  const form = event.detail.formData;
  for (const [name, value] of [...form.entries()]) {
    if (value === "" || (name === "order" && value === "newest")) form.delete(name);
  }
});

// A picture that cannot be shown leaves the quiet place behind it. Errors do not bubble.
document.addEventListener("error", (event) => failed(event.target), true);
for (const image of document.querySelectorAll(PICTURES)) {
  if (image.complete && image.currentSrc && !image.naturalWidth) failed(image);
}

function failed(image) {
  if (!image.matches?.(PICTURES) || image.dataset.again) return;
  image.hidden = true;
  image.dataset.again = "1";
  setTimeout(() => retry(image, TRIES), RETRY_AFTER);
}

/** An image does not tell why it failed. Too many may have been made at once, which passes; what is
 * refused stays refused. */
async function retry(image, tries) {
  const answer = await fetch(image.src).catch(() => null);
  if (answer?.ok) {
    image.addEventListener("load", () => (image.hidden = false), { once: true });
    image.loading = "eager";
    image.src = URL.createObjectURL(await answer.blob());
  } else if ((answer === null || PASSING.has(answer.status)) && tries > 1) {
    const seconds = Number(answer?.headers.get("Retry-After")) || 0;
    setTimeout(() => retry(image, tries - 1), Math.max(RETRY_AFTER, seconds * 1000));
  } else {
    image.closest(".shot")?.classList.add("none");
  }
}

const rename = document.querySelector("details.rename");
rename?.addEventListener("toggle", () => {
  if (rename.open) rename.querySelector("input[name=name]").select();
});
rename?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  rename.open = false;
  rename.querySelector("summary").focus();
});
