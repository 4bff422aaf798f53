// Questions about single tasks of many: those that come in at a moment are one request.

const MOST_TASKS = 20; // in a request: as many as the API takes
const MOMENT = 10; // ms
const AT_ONCE = 2; // requests, each of which has the portal ask CVAT about four tasks at a time
const OF_ONE_TASK = [403, 404, 409]; // errors that may be those of one task alone

export class TaskQuestions {
  #groups = /** @type {Group[]} */ ([]); // that are not sent yet
  #timer = null;
  #active = 0;

  /** @typedef {{id: number, resolve: Function, reject: Function}} Asked
   * @typedef {{question: string, signal?: AbortSignal, asked: Asked[]}} Group */

  /** @param {(question: string, options: {signal?: AbortSignal}) => Promise<{tasks: {task_id: number}[]}>} get
   * asks the API; the question names its tasks */
  constructor(get) {
    this.get = get;
  }

  /** The answer about a task.
   * @param {string} question address and query, without the task
   * @param {number} id of the task
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} */
  ask(question, id, signal) {
    return new Promise((resolve, reject) => {
      this.#group(question, signal).asked.push({ id, resolve, reject });
      if (this.#timer !== null) return;
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#next();
      }, MOMENT);
    });
  }

  #group(question, signal) {
    const fits = (each) => each.question === question && each.signal === signal && each.asked.length < MOST_TASKS;
    const open = this.#groups.find(fits);
    if (open) return open;
    const group = { question, signal, asked: [] };
    this.#groups.push(group);
    return group;
  }

  #next() {
    while (this.#groups.length && this.#active < AT_ONCE) {
      this.#active += 1;
      this.#send(this.#groups.shift()).finally(() => {
        this.#active -= 1;
        this.#next();
      });
    }
  }

  /** @param {Group} group */
  async #send({ question, signal, asked }) {
    try {
      const tasks = asked.map(({ id }) => `&task_ids=${id}`).join("");
      const answer = await this.get(`${question}${tasks}`, { signal });
      const byTask = new Map(answer.tasks.map((each) => [each.task_id, each]));
      for (const { id, resolve } of asked) resolve(byTask.get(id));
    } catch (error) {
      if (asked.length > 1 && OF_ONE_TASK.includes(error.status)) {
        for (const each of asked) await this.#send({ question, signal, asked: [each] });
      } else {
        for (const { reject } of asked) reject(error);
      }
    }
  }
}
