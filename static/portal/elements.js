// Elements that the scripts of the bar make.

export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export function link(href, text, className = "") {
  const made = make("a", className, text);
  made.href = href;
  return made;
}

/** A link whose address answers with a file: following it leaves no page. */
export function downloadLink(href, text, className = "") {
  const made = link(href, text, className);
  made.download = "";
  return made;
}
