/**
 * The other readers, once both have signed: what they answered otherwise, and how far the masks agree.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {import('./findings.js').Answers} Answers
 * @typedef {object} Other
 * @property {string} reader
 * @property {{lesions: Record<string, Answers>, patient: Answers}} findings
 * @property {{points: Record<string, [number, number, number]>, scheme?: import('./levels.js').Scheme} | null} discs
 * @property {{region: string, series: string, dice: number | null}[]} structures
 */

import { requestJson } from './api.js'
import { ask } from './dialogs.js'
import { make } from './dom.js'
import { enforced } from './findings.js'
import { Mask } from './masks.js'
import { words } from './wording.js'

/** Author of what two readers agreed on. */
const CONSENSUS = 'consensus'

export class Others {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    /** @type {Other[] | null} null until they were asked for */
    this.found = null
    /** whose marks are shown beside the own ones */
    this.compared = ''
  }

  /** Lay the marks of a reader over the own ones, or take them away again. @param {Other} other */
  async compare({ reader, structures }) {
    const { reading } = this.page
    await this.page.attempt(async () => {
      const shown = this.compared === reader ? [] : await Promise.all(structures.map(async ({ region, series }) => {
        const { labels } = await reading.fetchLabels(region, series, false, reader)
        const mask = new Mask(region, series, labels.length)
        mask.take(labels, '')
        return mask
      }))
      this.compared = this.compared === reader ? '' : reader
      reading.compareWith(shown)
    })
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
        make('p', { class: 'hint', text: this.isConsensus ? 'The readers who have signed: compare them, begin with the marks of one, settle what differs, and sign.' : 'Whoever has signed too can be seen now. A read that is unlocked after that is no longer blinded; this is recorded.' }),
        make('div', { class: 'buttons' }, [make('button', { type: 'button', text: 'Show other readers', onclick: () => void this.load() })]),
      ]
    }
    if (!this.found.length) return [make('h3', { text: 'Other readers' }), make('p', { class: 'hint', text: 'No other reader has signed.' })]
    return this.found.flatMap(other => [
      make('h3', { text: `Reader ${other.reader}` }),
      this.#masks(other),
      ...(other.structures.length ? this.#beside(other) : []),
      ...(this.isConsensus && !this.page.reading.locked ? [this.#adoption(other)] : []),
      this.#answers(other),
    ])
  }

  /** @param {Other} other */
  #beside(other) {
    const on = this.compared === other.reader
    const legend = `In its colour: only you marked it. Pale: only ${other.reader}. Outline: both.`
    return [
      make('div', { class: 'buttons' }, [
        make('button', { type: 'button', 'aria-pressed': String(on), text: on ? `Hide the marks of ${other.reader}` : `Compare on the pictures`, onclick: () => void this.compare(other) }),
      ]),
      ...(on ? [make('p', { class: 'hint', text: legend })] : []),
    ]
  }

  /** Whether this is the read that two readers make together. */
  get isConsensus() {
    return this.page.session.reader === CONSENSUS
  }

  /** @param {Other} other */
  #adoption(other) {
    return make('div', { class: 'buttons' }, [
      make('button', { type: 'button', text: `Begin with the marks of ${other.reader}`, title: 'and with the answers on which all agree; the others stay open', onclick: () => void this.adopt(other) }),
    ])
  }

  /** What was settled already is not replaced unasked. @param {string} reader @returns {Promise<boolean>} whether to go on */
  async #mayReplace(reader) {
    const { reading } = this.page
    if (!reading.lesionLabels.length && !Object.keys(reading.findings.lesions).length) return true
    const answer = await ask({
      title: `Begin again with the marks of ${reader}?`,
      body: ['This takes the place of the marks and answers that the consensus has now. Marks can be taken back by undo, answers cannot.'],
      answers: [{ value: '', text: 'Keep what is there', primary: true }, { value: 'yes', text: 'Begin again' }],
    })
    return answer === 'yes'
  }

  /** Take over the marks of one reader, and of the answers those that all gave. @param {Other} other */
  async adopt({ reader, discs, structures, findings }) {
    const { reading } = this.page
    if (!(await this.#mayReplace(reader))) return
    await this.page.attempt(async () => {
      const drawn = await Promise.all(structures.map(async one => ({ ...one, ...(await reading.fetchLabels(one.region, one.series, false, reader)) })))
      const theirs = new Set(drawn.map(({ region, series }) => `${region}/${series}`))
      for (const mask of reading.masks.values()) {
        // what this reader did not draw is not left over from the other one
        if (!theirs.has(mask.key)) reading.record(mask, mask.replace(new Uint8Array(mask.labels.length)), `take over ${words(mask.region)} of ${reader}`)
      }
      for (const { region, series, labels } of drawn) {
        const place = reading.series.get(series)
        const mask = place && reading.ownMask(region, place)
        if (mask) reading.record(mask, mask.replace(labels), `take over ${words(region)} of ${reader}`)
      }
      if (discs) reading.setDiscs(discs.points, `take over the levels of ${reader}`, discs.scheme)
      const all = (this.found ?? []).map(one => one.findings)
      const lesions = Object.fromEntries(Object.keys(findings.lesions).map(lesion => [lesion, agreed(all.map(one => one.lesions[lesion] ?? {}))]))
      reading.setFindings(enforced({ ...reading.findings, lesions, patient: agreed(all.map(one => one.patient)) }, this.page.items))
      this.page.say(`begun with the marks of ${reader}; what the readers answered otherwise is open`)
      // how far the masks agree is asked anew
      await this.page.saver.flush()
    })
    await this.load()
  }

  /** @param {Other} other */
  #masks(other) {
    const { series } = this.page.reading
    const shared = new Set(other.structures.map(one => `${one.region}/${one.series}`))
    const mine = [...this.page.reading.masks.values()].filter(mask => mask.places.length && !shared.has(mask.key))
    const told = [
      ...other.structures.map(one => ({ ...one, text: one.dice === null ? `only ${other.reader} drew it` : `Dice ${one.dice.toFixed(2)}` })),
      ...mine.map(mask => ({ region: mask.region, series: mask.series, text: 'only you drew it' })),
    ]
    const rows = told.map(({ region, series: id, text }) => make('tr', {}, [
      make('td', { text: words(region) }),
      make('td', { text: series.get(id)?.info.name ?? '' }),
      make('td', { class: 'number', text }),
    ]))
    return make('table', {}, [make('tbody', {}, rows)])
  }

  /** @param {Other} other */
  #answers(other) {
    const own = this.page.reading.findings
    const lists = [['patient', own.patient, other.findings.patient], ...Object.keys({ ...own.lesions, ...other.findings.lesions })
      .map(lesion => [`lesion ${lesion}`, own.lesions[lesion] ?? {}, other.findings.lesions[lesion] ?? {}])]
    // what follows from other answers differs where they do
    const derived = new Set(this.page.items.filter(item => item.yes_if_any.length).map(item => item.name))
    const rows = lists.flatMap(([of, mine, theirs]) => differing(/** @type {Answers} */ (mine), /** @type {Answers} */ (theirs))
      .filter(({ name }) => !derived.has(name))
      .map(({ name, a, b }) => make('tr', {}, [String(of), words(name), a, b].map(text => make('td', { text })))))
    if (!rows.length) return make('p', { text: 'Every answer agrees.' })
    const head = ['', 'item', 'mine', other.reader].map(text => make('th', { scope: 'col', text }))
    return make('table', {}, [make('thead', {}, [make('tr', {}, head)]), make('tbody', {}, rows)])
  }
}

/** @param {readonly Answers[]} readers @returns {Answers} what all of them answered alike */
export function agreed(readers) {
  const [first, ...others] = readers
  const alike = Object.keys(first ?? {}).filter(name => first[name].value !== null && others.every(other =>
    !differing({ [name]: first[name] }, other[name] ? { [name]: other[name] } : {}).length))
  return Object.fromEntries(alike.map(name => {
    const { value, na_reason } = first[name]
    return [name, { value, source: /** @type {const} */ ('reader'), ...(na_reason ? { na_reason } : {}) }]
  }))
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
