// The frames as check boxes under their jobs. Only the blocks near the window are in the page,
// so a task may have any number of frames.

const BLOCK = 120;
const CELL_WIDTH = 250;
const CELL_HEIGHT = 38;
const GAP = 6;

export class FrameList {
  constructor(root, choice, { jobLink }) {
    this.root = root;
    this.choice = choice;
    this.jobLink = jobLink;
    this.columns = 0;
    this.sections = [];
    this.order = []; // every index that is shown, from top to bottom
    this.position = new Map(); // index -> place in `order`
    this.blockOf = new Map(); // index -> its block
    this.filled = new Set();
    this.watcher = new IntersectionObserver((entries) => this.#scrolled(entries), {
      rootMargin: "800px 0px",
    });
    new ResizeObserver(() => this.#fit()).observe(root);
    choice.addEventListener("change", () => this.refresh());
  }

  /** Show the frames for which `matches` is true. */
  show(matches = () => true) {
    this.watcher.disconnect();
    this.filled.clear();
    this.order = [];
    this.position.clear();
    this.blockOf.clear();
    this.sections = this.choice.jobs
      .map((job) => this.#section(job, job.indices.filter((i) => matches(this.choice.frames[i]))))
      .filter(Boolean);
    this.root.replaceChildren(...this.sections.map(({ element }) => element));
    this.current = this.order[0];
    this.#fit();
    for (const { blocks } of this.sections) {
      for (const block of blocks) this.watcher.observe(block.element);
    }
    this.refresh();
  }

  refresh() {
    for (const block of this.filled) {
      for (const box of block.element.querySelectorAll("input")) {
        box.checked = this.choice.has(Number(box.value));
      }
    }
    for (const { job, count } of this.sections) {
      count.textContent = `${job.count} of ${job.indices.length} chosen`;
    }
  }

  /** Bring a frame into the window and the keyboard to it. */
  focus(index) {
    const block = this.blockOf.get(index);
    if (!block) return;
    this.#fill(block);
    const before = this.#box(this.current);
    if (before) before.tabIndex = -1;
    this.current = index;
    const box = this.#box(index);
    box.tabIndex = 0;
    box.focus({ preventScroll: true });
    box.closest(".cell").scrollIntoView({ block: "nearest" });
  }

  #section(job, indices) {
    if (!indices.length) return null;
    const element = document.getElementById("job-template").content.firstElementChild.cloneNode(true);
    const part = (name) => element.querySelector(`[data-part=${name}]`);
    part("title").textContent = `Job ${job.id}`;
    part("title").id = `job-${job.id}`;
    element.setAttribute("aria-labelledby", `job-${job.id}`);
    part("range").textContent = `frames ${job.start_frame}–${job.stop_frame}`;
    part("stage").textContent = job.type === "annotation" ? job.stage : "ground truth";
    part("stage").classList.add(job.stage);
    part("state").textContent = [job.state, job.assignee].filter(Boolean).join(" · ");
    part("only").href = this.jobLink(job);
    part("all").addEventListener("click", () => this.choice.set(indices, true));
    part("none").addEventListener("click", () => this.choice.set(indices, false));
    part("all").setAttribute("aria-label", `Choose all of job ${job.id}`);
    part("none").setAttribute("aria-label", `Choose none of job ${job.id}`);
    const blocks = [];
    for (let start = 0; start < indices.length; start += BLOCK) {
      blocks.push(this.#block(indices.slice(start, start + BLOCK)));
    }
    part("blocks").append(...blocks.map((block) => block.element));
    return { job, element, blocks, count: part("count") };
  }

  #block(indices) {
    const block = { indices, element: document.createElement("div") };
    block.element.className = "frame-block";
    block.element.block = block;
    for (const index of indices) {
      this.blockOf.set(index, block);
      this.position.set(index, this.order.length);
      this.order.push(index);
    }
    return block;
  }

  /** Heights are known beforehand, so that nothing jumps while blocks come and go. */
  #fit() {
    const columns = Math.max(1, Math.floor((this.root.clientWidth + GAP) / (CELL_WIDTH + GAP)));
    this.columns = columns;
    this.root.style.setProperty("--columns", columns);
    for (const { blocks } of this.sections) {
      for (const { element, indices } of blocks) {
        const rows = Math.ceil(indices.length / columns);
        element.style.height = `${rows * (CELL_HEIGHT + GAP)}px`;
      }
    }
  }

  #scrolled(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#fill(target.block);
      else if (!target.contains(document.activeElement)) this.#empty(target.block);
    }
  }

  #fill(block) {
    if (this.filled.has(block)) return;
    this.filled.add(block);
    block.element.append(...block.indices.map((index) => this.#cell(index)));
  }

  #empty(block) {
    if (this.filled.delete(block)) block.element.replaceChildren();
  }

  #cell(index) {
    const { frame, filename, width, height } = this.choice.frames[index];
    const cell = element("label", "cell");
    const box = element("input");
    box.type = "checkbox";
    box.value = index;
    box.checked = this.choice.has(index);
    box.tabIndex = index === this.current ? 0 : -1;
    const name = element("span", "cell-name", filename || `frame ${frame}`);
    name.title = filename;
    const size = element("span", "cell-size", width && height ? `${width}×${height}` : "");
    cell.append(box, element("b", "", frame), name, size);
    return cell;
  }

  #box(index) {
    return this.root.querySelector(`input[value="${index}"]`);
  }
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
