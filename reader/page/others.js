/**
 * The other readers, once both have signed: what they answered otherwise, and how far the masks agree.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {import('./findings.js').Answers} Answers
 * @typedef {object} Other
 * @property {string} reader
 * @property {{lesions: Record<string, Answers>, patient: Answers}} findings
 * @property {{region: string, series: string, dice: number | null}[]} structures
 */

import { requestJson } from './api.js'
import { make } from './dom.js'
import { words } from './wording.js'

export class Others {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    /** @type {Other[] | null} null until they were asked for */
    this.found = null
  }

  /** Ask for them: from then on a read that is opened again is not blinded any more, and the record says so. */
  async load() {
    await this.page.attempt(async () => {
      this.found = (await requestJson(`cases/${this.page.reading.id}/others`)).others
      this.page.sidebar.soon()
    })
  }

  /** @returns {HTMLElement[]} */
  panel() {
    if (!this.found) {
      return [
        make('h3', { text: 'Other readers' }),
        make('p', { class: 'hint', text: 'Whoever has signed too can be seen now. A read that is unlocked after that is no longer blinded; this is recorded.' }),
        make('div', { class: 'buttons' }, [make('button', { type: 'button', text: 'Show other readers', onclick: () => void this.load() })]),
      ]
    }
    if (!this.found.length) return [make('h3', { text: 'Other readers' }), make('p', { class: 'hint', text: 'No other reader has signed.' })]
    return this.found.flatMap(other => [make('h3', { text: `Reader ${other.reader}` }), this.#masks(other), this.#answers(other)])
  }

  /** @param {Other} other */
  #masks(other) {
    const { series } = this.page.reading
    const rows = other.structures.map(({ region, series: id, dice }) => make('tr', {}, [
      make('td', { text: words(region) }),
      make('td', { text: series.get(id)?.info.name ?? '' }),
      make('td', { class: 'number', text: dice === null ? 'only one drew it' : `Dice ${dice.toFixed(2)}` }),
    ]))
    return make('table', {}, [make('tbody', {}, rows)])
  }

  /** @param {Other} other */
  #answers(other) {
    const own = this.page.reading.findings
    const lists = [['patient', own.patient, other.findings.patient], ...Object.keys({ ...own.lesions, ...other.findings.lesions })
      .map(lesion => [`lesion ${lesion}`, own.lesions[lesion] ?? {}, other.findings.lesions[lesion] ?? {}])]
    const rows = lists.flatMap(([of, mine, theirs]) => differing(/** @type {Answers} */ (mine), /** @type {Answers} */ (theirs))
      .map(({ name, a, b }) => make('tr', {}, [String(of), words(name), a, b].map(text => make('td', { text })))))
    if (!rows.length) return make('p', { text: 'Every answer agrees.' })
    const head = ['', 'item', 'mine', other.reader].map(text => make('th', { scope: 'col', text }))
    return make('table', {}, [make('thead', {}, [make('tr', {}, head)]), make('tbody', {}, rows)])
  }
}

/**
 * @param {Answers} mine
 * @param {Answers} theirs
 * @returns {{name: string, a: string, b: string}[]} items that were answered otherwise
 */
export function differing(mine, theirs) {
  const written = (/** @type {import('./findings.js').Answer | undefined} */ answer) => {
    const value = answer?.value ?? null
    return value === null ? '–' : Array.isArray(value) ? [...value].sort().map(words).join(', ') : words(String(value))
  }
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
    .map(name => ({ name, a: written(mine[name]), b: written(theirs[name]) }))
    .filter(({ a, b }) => a !== b)
}
