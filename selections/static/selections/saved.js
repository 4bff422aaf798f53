// The list and the page of a selection: tidy addresses, pictures that do not come, renaming.

import { loadLate } from "./late_pictures.js";

const PICTURES = ".thumb img, .shot img";

// Going back asks the server: what was typed meanwhile would not fit a list kept from before.
window.htmx.config.historyCacheSize = 0;
window.htmx.config.refreshOnHistoryMiss = true;
// A part of the page that was asked for just before its selection was deleted is no error.
window.htmx.config.responseHandling.unshift({ code: "404", swap: false, error: false });

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
  image.loading = "eager";
  image.addEventListener("load", () => (image.hidden = false), { once: true });
  loadLate(image, image.src).then((isLoaded) => {
    if (!isLoaded) image.closest(".shot")?.classList.add("none");
  });
}

// The table of a split is that of the choices above it, and of no others.
const split = document.querySelector(".build details:has(#split-table)");
split?.addEventListener("change", () => document.getElementById("split-table").replaceChildren());

const rename = document.querySelector("details.rename");
rename?.addEventListener("toggle", () => {
  if (rename.open) rename.querySelector("input[name=name]").select();
});
rename?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  rename.open = false;
  rename.querySelector("summary").focus();
});
