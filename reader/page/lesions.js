/**
 * The lesions as a list: chosen, deleted, filled, divided, joined.
 *
 * @typedef {import('./masks.js').Mask} Mask
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {import('./reading.js').Series} Series
 */

import { requestJson } from './api.js'
import { askName } from './dialogs.js'
import { labelsByPlace } from './masks.js'
import { isLesionRegion } from './reading.js'

export class Lesions {
  /** @param {CasePage} page */
  constructor(page) {
    this.page = page
    this.reading = page.reading
  }

  /** @param {number} way */
  step(way) {
    const labels = [...this.reading.lesionLabels, this.reading.nextLesion]
    const at = Math.max(0, labels.indexOf(this.reading.choice.lesion))
    this.reading.choose({ lesion: labels[(at + way + labels.length) % labels.length] })
  }

  /** @param {number} lesion */
  choose(lesion) {
    this.reading.choose({ lesion })
    for (const mask of this.#masks()) if (this.page.centreOn(mask, lesion)) return
  }

  /** @returns {Mask[]} every mask of lesions */
  #masks() {
    return [...this.reading.masks.values()].filter(mask => isLesionRegion(mask.region))
  }

  /** The mask of the chosen structure on the active picture. @returns {{mask: Mask, series: Series, label: number} | null} */
  #drawn() {
    const series = this.page.panes.active?.series
    const { region, lesion } = this.reading.choice
    const mask = series && this.reading.masks.get(`${region}/${series.id}`)
    return series && mask && !this.reading.locked ? { mask, series, label: isLesionRegion(region) ? lesion : 1 } : null
  }

  /** @param {Mask} mask @param {number} label */
  #places(mask, label) {
    return [...mask.places].filter(place => mask.labels[place] === label)
  }

  /** Take the chosen lesion off the active picture. */
  delete() {
    const drawn = this.#drawn()
    if (!drawn || !isLesionRegion(drawn.mask.region)) return
    const { mask, label } = drawn
    this.reading.record(mask, mask.set(this.#places(mask, label), 0), `delete lesion ${label}`)
  }

  /** Fill between the slices on which the chosen structure is drawn. */
  async fill() {
    const drawn = this.#drawn()
    if (!drawn) return
    const { mask, series, label } = drawn
    const axis = this.page.panes.active?.viewer?.sliceAxis ?? 0
    await this.#onServer('fill', { region: mask.region, series: series.id, label, axis }, labels => {
      const places = [...labels.keys()].filter(place => !mask.labels[place])
      this.reading.record(mask, mask.set(places, label), 'fill between')
      this.page.say(`${places.length} voxels filled`)
    }, series)
  }

  /** Divide the chosen lesion across the cord at the crosshair. */
  async divide() {
    const drawn = this.#drawn()
    const point = drawn && this.reading.cursorIn(drawn.series)
    if (!drawn || !point || !isLesionRegion(drawn.mask.region)) return
    const { mask, series, label } = drawn
    await this.#onServer('split', { region: mask.region, series: series.id, label, clicks: [point] }, found => {
      const labels = new Uint8Array(mask.labels.length)
      for (const [place, value] of found) labels[place] = value
      this.reading.record(mask, mask.replace(labels), `divide lesion ${label}`)
      this.page.say(`lesion ${label} divided`)
    }, series)
  }

  /** Make the chosen lesion one with another, on every series. */
  async join() {
    const { lesion } = this.reading.choice
    const others = this.reading.lesionLabels.filter(label => label !== lesion)
    if (!others.length || this.reading.locked) return
    const into = Number(await askName(`Lesion ${lesion} belongs to lesion …`, others.map(String), String(others[0])))
    if (!into) return
    for (const mask of this.#masks()) {
      this.reading.record(mask, mask.set(this.#places(mask, lesion), into), `join lesion ${lesion} to ${into}`)
    }
    this.choose(into)
  }

  /**
   * Let the server work on what is saved, and take its answer over.
   *
   * @param {string} what
   * @param {object} json
   * @param {(labels: Map<number, number>) => void} take
   * @param {Series} series
   */
  async #onServer(what, json, take, series) {
    await this.page.attempt(async () => {
      const { saver } = this.page
      if (!(await saver.flush())) throw new Error(saver.failure || 'save first')
      const found = await requestJson(`cases/${this.reading.id}/${what}`, { method: 'POST', json })
      take(await labelsByPlace(found, series.grid))
    })
  }
}
