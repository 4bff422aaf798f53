// On a narrow screen the settings are a sheet over the frames, opened and closed by buttons. While it
// is open everything else is inert: otherwise the keyboard would reach what it covers.

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
    // The clicked element may have been removed from the sheet by now.
    const isBeside = target.isConnected && !side.contains(target) && !at("side-open").contains(target);
    if (isBeside) close();
  });
  // On a wide screen it is no sheet: the style sheet hides its button.
  window.addEventListener("resize", () => {
    if (!at("side-open").checkVisibility()) close();
  });
}

/** Everything outside the sheet, except live regions, which are still announced. */
function around(element) {
  const others = [];
  for (let at = element; at !== document.body; at = at.parentElement) {
    others.push(...[...at.parentElement.children].filter((other) => other !== at));
  }
  return others.filter((other) => !other.inert && !other.matches("script, [role=status]"));
}
