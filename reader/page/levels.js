/**
 * Vertebral levels on the page: where a point lies along the cord, and the strip with the extents.
 *
 * The numbers of the tables are the server's; what is computed here follows the hand while a mark is drawn.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./reading.js').Reading} Reading
 */

import { draw } from './dom.js'
import { distance, dot, subtract } from './geometry.js'

/** @typedef {{n_thoracic: number, n_lumbar: number}} Scheme how many vertebrae of each kind a spine has */

/** @type {Scheme} */
export const USUAL = { n_thoracic: 12, n_lumbar: 5 }

/** @param {Scheme} scheme @returns {{vertebrae: string[], discs: string[]}} names, rostral to caudal */
export function namesOf({ n_thoracic, n_lumbar }) {
  const row = (/** @type {string} */ letter, /** @type {number} */ count) => Array.from({ length: count }, (_, n) => `${letter}${n + 1}`)
  const vertebrae = [...row('C', 7), ...row('T', n_thoracic), ...row('L', n_lumbar), 'S1']
  return { vertebrae, discs: ['FM', ...vertebrae.slice(1).map((below, n) => `${vertebrae[n]}-${below}`)] }
}

const TOP = 14
const STEP = 26
const LAST_SHOWN = 'L2'

/** A curve along the cord with the vertebral coordinate at each of its points. */
export class LevelAxis {
  /**
   * @param {readonly number[][]} centreline points x y z s, mm
   * @param {Record<string, Vector>} discs
   * @param {readonly string[]} names of the discs, rostral to caudal; the first is FM
   */
  constructor(centreline, discs, names) {
    this.points = centreline.map(([x, y, z]) => /** @type {Vector} */ ([x, y, z]))
    this.along = centreline.map(point => point[3])
    /** @type {{s: number, v: number}[]} */
    this.marks = Object.entries(discs)
      .filter(([name]) => names.includes(name) && this.points.length > 1)
      .map(([name, point]) => ({ s: this.project(point).s, v: names.indexOf(name) + 1 }))
      .sort((a, b) => a.v - b.v)
  }

  /** @param {Readonly<Vector>} point LPS mm @returns {{s: number, away: number}} mm along the cord, mm from it */
  project(point) {
    let best = { s: 0, away: Infinity }
    for (let n = 1; n < this.points.length; n++) {
      const [from, to] = [this.points[n - 1], this.points[n]]
      const way = subtract(to, from)
      const t = Math.min(1, Math.max(0, dot(subtract(point, from), way) / (dot(way, way) || 1)))
      const away = distance(point, [from[0] + t * way[0], from[1] + t * way[1], from[2] + t * way[2]])
      if (away < best.away) best = { s: this.along[n - 1] + t * (this.along[n] - this.along[n - 1]), away }
    }
    return best
  }

  /** @param {Readonly<Vector>} point @returns {number | null} vertebral coordinate; null beyond the named discs */
  level(point) {
    if (this.marks.length < 2 || this.points.length < 2) return null
    const { s } = this.project(point)
    for (let n = 1; n < this.marks.length; n++) {
      const [a, b] = [this.marks[n - 1], this.marks[n]]
      if (b.v - a.v !== 1 && a.v < 3) continue
      const t = (s - a.s) / (b.s - a.s)
      if (t >= 0 && t <= 1) return a.v + t * (b.v - a.v)
    }
    return null
  }

  /** @param {number} level vertebral coordinate @returns {Vector | null} the point of the axis there */
  pointAt(level) {
    for (let n = 1; n < this.marks.length; n++) {
      const [a, b] = [this.marks[n - 1], this.marks[n]]
      if (level < a.v || level > b.v || b.v - a.v !== 1) continue
      return this.#along(a.s + (level - a.v) * (b.s - a.s))
    }
    return null
  }

  /** @param {number} s mm along the cord @returns {Vector | null} */
  #along(s) {
    const after = this.along.findIndex(value => value >= s)
    if (after < 0) return null
    if (after === 0) return this.points[0]
    const [from, to] = [this.points[after - 1], this.points[after]]
    const t = (s - this.along[after - 1]) / (this.along[after] - this.along[after - 1] || 1)
    return [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]), from[2] + t * (to[2] - from[2])]
  }
}

/** @param {number} value vertebral coordinate @param {readonly string[]} vertebrae @returns {string} */
export function levelName(value, vertebrae) {
  const name = vertebrae[Math.floor(value) - 1]
  const part = value - Math.floor(value)
  return name ? `${name} (${part < 1 / 3 ? 'upper' : part < 2 / 3 ? 'middle' : 'lower'} third)` : ''
}

/**
 * Where each lesion lies, for the strip.
 *
 * @param {Reading} reading
 * @param {LevelAxis} axis
 * @param {string} region
 * @returns {Map<number, [number, number]>} lesion to its highest and lowest level
 */
export function extents(reading, axis, region) {
  /** @type {Map<number, [number, number]>} */
  const found = new Map()
  for (const mask of reading.masks.values()) {
    const series = reading.series.get(mask.series)
    if (mask.region !== region || !series) continue
    for (const n of mask.places) {
      const label = mask.labels[n]
      const level = axis.level(series.grid.world(series.grid.voxelOf(n)))
      if (level === null) continue
      const known = found.get(label)
      found.set(label, known ? [Math.min(known[0], level), Math.max(known[1], level)] : [level, level])
    }
  }
  return found
}

export class LevelStrip {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {string[]} */
    this.vertebrae = []
    this.svg = draw('svg', { role: 'img', 'aria-label': 'vertebral levels and extents' })
    root.replaceChildren(this.svg)
  }

  /** @param {number} level @returns {number} */
  #y(level) {
    return TOP + (Math.min(this.vertebrae.length + 1, Math.max(1, level)) - 1) * STEP
  }

  /**
   * @param {object} shown
   * @param {readonly string[]} shown.vertebrae of this spine
   * @param {ReadonlySet<string>} shown.known vertebrae between two named discs
   * @param {{region: string, colour: string, extents: Map<number, [number, number]>}[]} shown.bars
   * @param {number | null} shown.cursor vertebral coordinate
   * @param {number} shown.chosen lesion
   */
  draw({ vertebrae, known, bars, cursor, chosen }) {
    this.vertebrae = vertebrae.slice(0, vertebrae.indexOf(LAST_SHOWN) + 1)
    this.svg.setAttribute('viewBox', `0 0 92 ${TOP * 2 + this.vertebrae.length * STEP}`)
    this.svg.replaceChildren()
    this.vertebrae.forEach((name, n) => {
      const y = this.#y(n + 1)
      const kind = known.has(name) ? 'vertebra known' : 'vertebra'
      this.svg.append(
        draw('text', { x: 4, y: y + STEP * 0.66, class: kind, text: name }),
        draw('rect', { x: 30, y: y + 2, width: 14, height: STEP - 4, rx: 3, class: kind }),
      )
    })
    bars.forEach(({ extents, colour, region }, column) => {
      const x = 54 + column * 18
      for (const [lesion, [from, to]] of extents) {
        const [y0, y1] = [this.#y(from), this.#y(to)]
        const bar = draw('rect', { x, y: y0, width: 9, height: Math.max(2, y1 - y0), class: lesion === chosen ? 'extent chosen' : 'extent' })
        bar.style.fill = colour
        bar.append(draw('title', { text: `${region} ${lesion}` }))
        this.svg.append(bar, draw('text', { x: x + 4.5, y: y0 - 2, class: 'extent', text: String(lesion) }))
      }
    })
    if (cursor !== null) this.svg.append(draw('line', { x1: 26, x2: 90, y1: this.#y(cursor), y2: this.#y(cursor), class: 'cursor' }))
  }
}
