// The search field: searches CVAT as one types. A combobox as ARIA describes it.

import { address, get } from "../../portal/api.js";
import { make } from "./cells.js";
import { plural } from "./words.js";

const PAUSE = 220; // ms
const SEARCHING = "Searching…";

export function enableFinder(root, { api, connection }) {
  const field = root.querySelector("#find");
  const list = root.querySelector("#found");
  const status = root.querySelector("#found-status");
  let [hits, active, timer, asking] = [[], -1, null, null];

  async function ask() {
    giveUp();
    asking = new AbortController();
    const { signal } = asking;
    const words = field.value.trim();
    if (words) wait();
    try {
      const result = await get(address(`${api}search`, { q: words, connection }), { signal });
      if (!signal.aborted) show(words, result);
    } catch (error) {
      if (!signal.aborted) tell(error.message);
    }
  }

  /** The answer under way would be to what was typed before. */
  function giveUp() {
    asking?.abort();
    clearTimeout(timer);
  }

  /** Hits that are there stay in their place, dimmed, until the others come. */
  function wait() {
    if (list.hidden || !hits.length) tell(SEARCHING);
    list.classList.add("waiting");
    status.textContent = SEARCHING;
    activate(-1);
  }

  function show(words, { results, count, recent, hint }) {
    if (document.activeElement !== field) return;
    const isRecent = !words;
    hits = isRecent ? recent : results;
    list.replaceChildren(...hits.map((hit, at) => option(hit, at)));
    if (!hits.length && isRecent) return close();
    if (!hits.length) return tell(hint || `Nothing in CVAT matches “${words}”. Try fewer words, or a number.`);
    const isPart = !isRecent && count > hits.length;
    if (isPart) list.append(more(hits.length, count, words));
    status.textContent = isRecent ? `${plural(hits.length, "recent task")}` : isPart ? list.lastChild.textContent : `${hits.length} found`;
    return open();
  }

  /** A line in place of the list. */
  function tell(words) {
    hits = [];
    const line = make("li", "found-none", words);
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    line.setAttribute("aria-selected", "false");
    list.replaceChildren(line);
    status.textContent = words;
    open();
  }

  function open() {
    list.hidden = false;
    list.classList.remove("waiting");
    field.setAttribute("aria-expanded", "true");
    activate(-1);
  }

  function close() {
    giveUp();
    list.hidden = true;
    status.textContent = "";
    field.setAttribute("aria-expanded", "false");
    activate(-1);
  }

  function activate(at) {
    active = at;
    for (const [which, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", which === at);
      if (which === at) item.scrollIntoView({ block: "nearest" });
    }
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `found-${at}`);
  }

  field.addEventListener("input", () => {
    giveUp();
    if (field.value.trim()) wait();
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("focus", () => {
    if (!field.value) ask();
  });
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays
  list.addEventListener("click", (event) => {
    const hit = hits[[...list.children].indexOf(event.target.closest("li"))];
    if (hit) location.assign(hit.url);
  });
  field.addEventListener("keydown", (event) => {
    const count = hits.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      return count && activate((active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count);
    }
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
    if (event.key === "Enter" && active >= 0 && hits[active]) {
      event.preventDefault();
      location.assign(hits[active].url);
    }
    return undefined;
  });
}

/** The line below an incomplete list. Enter opens a number, or lists all that match words. */
function more(shown, count, words) {
  const [some, all] = [shown, count].map((number) => number.toLocaleString("en"));
  const isNumber = /^#?\s*\d+$/.test(words);
  const line = make("li", "found-none", `${some} of ${all}${isNumber ? "" : ", press Enter for all"}`);
  line.setAttribute("role", "option");
  line.setAttribute("aria-disabled", "true");
  line.setAttribute("aria-selected", "false");
  return line;
}

function option(hit, at) {
  const item = make("li", "hit");
  item.setAttribute("role", "option");
  item.id = `found-${at}`;
  const preview = make("img", "hit-preview");
  preview.alt = "";
  preview.loading = "lazy";
  preview.addEventListener("error", () => preview.classList.add("none"));
  // A task without data has no preview.
  if (hit.preview_url && hit.size !== 0) preview.src = hit.preview_url;
  else preview.classList.add("none");
  const text = make("span", "hit-text");
  const [kind] = [hit.kind.charAt(0).toUpperCase() + hit.kind.slice(1)];
  const facts = [
    `${kind} ${hit.id}`,
    hit.size === 0 ? "no data yet" : hit.size && plural(hit.size, "frame"),
    hit.jobs_count && plural(hit.jobs_count, "job"),
    hit.tasks_count && plural(hit.tasks_count, "task"),
    hit.owner,
  ];
  text.append(
    make("b", "", hit.name || `${kind} ${hit.id}`),
    make("span", "muted small", facts.filter(Boolean).join(" · ")),
  );
  item.append(preview, text);
  return item;
}

const data = document.getElementById("finder-data");
if (data) enableFinder(document.getElementById("finder"), JSON.parse(data.textContent));
