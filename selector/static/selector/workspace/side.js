// On a narrow screen the settings are a sheet over the frames, opened and closed by buttons.

export function enableSide() {
  const at = (id) => document.getElementById(id);
  const side = at("side");

  function put(isOpen) {
    side.classList.toggle("open", isOpen);
    at("side-open").setAttribute("aria-expanded", isOpen);
    (isOpen ? at("side-close") : at("side-open")).focus();
  }

  at("side-open").addEventListener("click", () => put(!side.classList.contains("open")));
  at("side-close").addEventListener("click", () => put(false));
  side.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.classList.contains("open")) put(false);
  });
}
