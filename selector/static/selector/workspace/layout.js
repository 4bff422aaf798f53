// The position of every frame in the grid: pure arithmetic over sections (one for each job with shown
// frames). A `place` is the position among the shown frames from top to bottom.

export class Layout {
  /**
   * @param {{counts: number[], folded?: boolean[], hidden?: boolean[], columns: number,
   *   rowHeight: number, gap: number, head: number}} how
   *   how many frames each section holds, whether it shows its heading only or not even that, and the
   *   sizes in pixels
   */
  constructor({ counts, folded = [], hidden = [], columns, rowHeight, gap, head }) {
    this.columns = columns;
    this.rowHeight = rowHeight;
    this.gap = gap;
    this.head = head;
    this.pitch = rowHeight + gap;
    let [top, place, line] = [0, 0, 1];
    this.sections = counts.map((count, at) => {
      const rows = folded[at] || hidden[at] ? 0 : Math.ceil(count / columns);
      const height = hidden[at] ? 0 : head + rows * this.pitch;
      const section = { at, count, rows, top, place, line, height };
      top += height;
      place += count;
      line += hidden[at] ? 0 : rows + 1; // its heading is a line too
      return section;
    });
    this.height = top;
    this.count = place;
    this.lines = line - 1;
  }

  /** The section at a height. */
  sectionAt(y) {
    return this.#last((section) => section.top <= y);
  }

  sectionOf(place) {
    return this.#last((section) => section.place <= place);
  }

  /** Row and column of a place, the row counted inside its section. */
  cellOf(place) {
    const section = this.sectionOf(place);
    const within = place - section.place;
    return { section, row: Math.floor(within / this.columns), column: within % this.columns };
  }

  rowTop(section, row) {
    return section.top + this.head + row * this.pitch;
  }

  /** The sections that touch top to bottom. */
  between(top, bottom) {
    const touching = [];
    for (let at = this.sectionAt(top)?.at ?? 0; at < this.sections.length; at += 1) {
      const section = this.sections[at];
      if (section.top >= bottom) break;
      if (section.height) touching.push(section);
    }
    return touching;
  }

  /** Every row that touches top to bottom. */
  rows(top, bottom) {
    const found = [];
    for (let at = this.sectionAt(top)?.at ?? 0; at < this.sections.length; at += 1) {
      const section = this.sections[at];
      if (section.top >= bottom) break;
      const inside = section.top + this.head;
      const first = Math.max(0, Math.floor((top - inside) / this.pitch));
      const last = Math.min(section.rows - 1, Math.floor((bottom - inside) / this.pitch));
      for (let row = first; row <= last; row += 1) found.push({ section, row });
    }
    return found;
  }

  /** Places first to last (exclusive) of a row. */
  placesOf(section, row) {
    const first = section.place + row * this.columns;
    return [first, Math.min(first + this.columns, section.place + section.count)];
  }

  /** The places in a box; columns from left to right, both inclusive. */
  within(top, bottom, left, right) {
    const places = [];
    for (const { section, row } of this.rows(top, bottom)) {
      const y = this.rowTop(section, row);
      if (y > bottom || y + this.rowHeight < top) continue;
      const [first, end] = this.placesOf(section, row);
      for (let column = left; column <= right; column += 1) {
        if (first + column < end) places.push(first + column);
      }
    }
    return places;
  }

  /** Where a step leads: by columns within a row, by rows across sections; past folded ones. */
  step(place, { columns = 0, rows = 0 }) {
    if (columns) return this.#unfolded(place + columns, Math.sign(columns)) ?? place;
    let { section, row, column } = this.cellOf(place);
    for (let left = Math.abs(rows); left > 0; left -= 1) {
      row += Math.sign(rows);
      if (row >= section.rows || row < 0) {
        const next = this.#neighbour(section.at, Math.sign(rows));
        if (!next) return this.#unfolded(rows > 0 ? this.count - 1 : 0, -Math.sign(rows)) ?? place;
        section = next;
        row = rows > 0 ? 0 : next.rows - 1;
      }
    }
    const [first, end] = this.placesOf(section, row);
    return Math.min(first + column, end - 1);
  }

  #neighbour(at, direction) {
    for (let next = at + direction; this.sections[next]; next += direction) {
      if (this.sections[next].rows) return this.sections[next];
    }
    return null;
  }

  /** The place, or the nearest one in this direction that is not folded; null if there is none. */
  #unfolded(place, direction) {
    if (place < 0 || place >= this.count) return null;
    const section = this.sectionOf(place);
    if (section.rows) return place;
    const next = this.#neighbour(section.at, direction);
    if (!next) return null;
    return direction > 0 ? next.place : next.place + next.count - 1;
  }

  #last(holds) {
    let [low, high] = [0, this.sections.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (holds(this.sections[middle])) low = middle;
      else high = middle - 1;
    }
    return this.sections[low];
  }
}

/** The index of the frame if it is shown, else of the next shown one, else of the last one before;
 * -1 if none is shown. `placeOf` is that of Shown. */
export function nearestShown(placeOf, index) {
  for (let at = index; at < placeOf.length; at += 1) if (placeOf[at] >= 0) return at;
  for (let at = index - 1; at >= 0; at -= 1) if (placeOf[at] >= 0) return at;
  return -1;
}

/** The places in the window, then those just below it, then those above. */
export function placesByNearness(layout, top, room) {
  const windows = [
    [top, top + room],
    [top + room, top + room * 1.8],
    [top - room * 0.5, top],
  ];
  return windows.flatMap(([from, to]) =>
    layout.rows(from, to).flatMap(({ section, row }) => {
      const [first, end] = layout.placesOf(section, row);
      return Array.from({ length: end - first }, (_, at) => first + at);
    }),
  );
}
