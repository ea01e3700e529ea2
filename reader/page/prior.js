/**
 * The session before, beside a follow-up: what was read there, linked by vertebral level and not by mm.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./page.js').CasePage} CasePage
 */

import { LevelAxis, namesOf } from './levels.js'
import { Reading } from './reading.js'

export class Prior {
  /** @param {CasePage} page @param {string} id @returns {Promise<Prior>} */
  static async open(page, id) {
    return new Prior(page, await Reading.open(id))
  }

  /** @param {CasePage} page @param {Reading} reading */
  constructor(page, reading) {
    this.page = page
    this.reading = reading
    this.axis = new LevelAxis(reading.info.centreline, reading.discs.points, namesOf(reading.discs.scheme).discs)
    for (const series of reading.series.values()) series.info.name = `before: ${series.info.name}`
    // what lies there is shown, never proposed anew
    reading.display.proposals = false
    reading.locked = true
  }

  /** @returns {Vector | null} the point of the prior session at the level of the crosshair; null where none is known */
  get point() {
    const { axis } = this.page.status
    const level = axis.level(this.page.reading.cursor.point)
    return level === null ? null : this.axis.pointAt(level)
  }
}
