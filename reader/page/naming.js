/**
 * Vertebral levels named by the reader: one disc by a click, the rest proposed; all shifted; a vertebra more.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {import('./tools.js').Place} Place
 */

import { requestJson } from './api.js'
import { ask, askName } from './dialogs.js'
import { words } from './wording.js'


/** The usual disc above each additional vertebra. @type {Record<string, string>} */
const BELOW = { T13: 'T12-L1', L6: 'L5-S1' }
/** How far from a disc, in vertebrae, a click is still on it: a disc and half of each end plate. */
const AT_DISC = 0.25

export class Naming {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
  }

  /** @returns {string[]} what a level may be called in the form */
  get levelNames() {
    return [...this.page.names.vertebrae, ...this.page.names.discs]
  }

  /** @param {Place} place */
  async nameDisc(place) {
    const name = await askName('Which disc is this?', this.page.names.discs, this.#likelyDisc(place.point))
    if (!name) return
    const { reading } = this
    await this.page.attempt(async () => {
      const others = reading.discs.from === 'auto' || this.#isCalledOtherwise(place.point, name) ? {} : reading.discs.points
      const said = await requestJson(`cases/${reading.id}/discs/propose`, { method: 'POST', json: { points: { ...others, [name]: place.point }, variants: reading.discs.scheme } })
      reading.setDiscs({ ...said.points, ...others, [name]: place.point }, `name ${name}`)
      const flags = (said.flags ?? []).map(words).join(', ')
      this.page.say(`${Object.keys(said.points).length} discs from ${name}${flags ? ` — ${flags}` : ''}`, Boolean(flags))
    })
    this.page.panes.active?.figure.focus()
  }

  /** @param {Vector} point @returns {string} the disc that the levels so far make likely */
  #likelyDisc(point) {
    const level = this.page.status.axis.level(point)
    return level === null ? 'C2-C3' : (this.page.names.discs[Math.round(level) - 1] ?? 'C2-C3')
  }

  /**
   * Whether a disc that has another name lies there already: then the names so far were wrong, and those that follow from
   * them are not to be held against the new one.
   *
   * @param {Vector} point
   * @param {string} name
   */
  #isCalledOtherwise(point, name) {
    const level = this.page.status.axis.level(point)
    if (level === null || Math.abs(level - Math.round(level)) > AT_DISC) return false
    const known = this.page.names.discs[Math.round(level) - 1]
    return known !== name && known in this.reading.discs.points
  }

  async editLevels() {
    const answer = await ask({
      title: 'Vertebral levels',
      body: ['Press 8 and click a disc to name it; drag a disc to correct it.'],
      answers: [
        { value: 'up', text: 'All names one level up' },
        { value: 'down', text: 'All names one level down' },
        { value: 'T13', text: 'There is a T13' },
        { value: 'L6', text: 'There is an L6' },
        { value: 'clear', text: 'Remove all' },
        { value: '', text: 'Cancel', primary: true },
      ],
    })
    const { reading } = this
    const { points } = reading.discs
    await this.page.attempt(async () => {
      if (answer === 'clear') reading.setDiscs({}, 'remove all discs')
      else if (answer === 'up' || answer === 'down') {
        const said = await requestJson(`cases/${reading.id}/discs/shift`, { method: 'POST', json: { points, by: answer === 'up' ? -1 : 1, scheme: reading.discs.scheme } })
        reading.setDiscs(said.points, `names one level ${answer}`)
      } else if (answer) {
        const said = await requestJson(`cases/${reading.id}/discs/insert`, { method: 'POST', json: { points, variant: answer, at: BELOW[answer] } })
        reading.setDiscs(said.points, `insert ${answer}`, said.scheme)
      }
    })
  }
}
