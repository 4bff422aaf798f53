// On a narrow screen the settings are a sheet over the frames, opened and closed by buttons. While
// it is open nothing else can be reached: the keyboard would go behind it.

export function enableSide() {
  const at = (id) => document.getElementById(id);
  const side = at("side");
  let behind = [];

  function put(wanted) {
    side.classList.toggle("open", wanted);
    side.role = wanted ? "dialog" : "complementary";
    side.ariaModal = wanted ? "true" : null;
    at("side-open").setAttribute("aria-expanded", wanted);
    for (const element of behind) element.inert = false;
    behind = wanted ? around(side) : [];
    for (const element of behind) element.inert = true;
    (wanted ? at("side-close") : at("side-open")).focus();
  }

  const isOpen = () => side.classList.contains("open");

  function close() {
    if (isOpen()) put(false);
  }

  at("side-open").addEventListener("click", () => put(true));
  at("side-close").addEventListener("click", close);
  at("pick-look").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !isOpen()) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("click", ({ target }) => {
    // What was clicked in the sheet may be gone from it by now.
    const isBeside = target.isConnected && !side.contains(target) && !at("side-open").contains(target);
    if (isBeside) close();
  });
  // Wide again, it is no sheet: its button is gone, by the style sheet alone.
  window.addEventListener("resize", () => {
    if (!at("side-open").checkVisibility()) close();
  });
}

/** All that is not part of it; what is only spoken stays to be heard. */
function around(element) {
  const others = [];
  for (let at = element; at !== document.body; at = at.parentElement) {
    others.push(...[...at.parentElement.children].filter((other) => other !== at));
  }
  return others.filter((other) => !other.inert && !other.matches("script, [role=status]"));
}
