/** Undo and redo without end: NiiVue keeps eight states and no redo. */

/**
 * @typedef {object} Step
 * @property {string} name what was done, for the reader
 * @property {() => void} undo
 * @property {() => void} redo
 */

export class History extends EventTarget {
  /** @type {Step[]} */ #done = []
  /** @type {Step[]} */ #undone = []

  /** @param {Step} step that has just been done */
  push(step) {
    this.#done.push(step)
    this.#undone = []
    this.#changed()
  }

  /** @returns {string | null} what was undone */
  undo() {
    const step = this.#done.pop()
    if (!step) return null
    step.undo()
    this.#undone.push(step)
    this.#changed()
    return step.name
  }

  /** @returns {string | null} what was done again */
  redo() {
    const step = this.#undone.pop()
    if (!step) return null
    step.redo()
    this.#done.push(step)
    this.#changed()
    return step.name
  }

  get counts() {
    return { undo: this.#done.length, redo: this.#undone.length }
  }

  #changed() {
    this.dispatchEvent(new Event('change'))
  }
}
