/**
 * Every structure of a series in one map of codes, because the renderer shows one.
 *
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./reading.js').Series} Series
 * @typedef {import('./masks.js').Mask} Mask
 * @typedef {import('./viewer.js').Colour} Colour
 */

import { product } from './geometry.js'
import { isLesionRegion } from './reading.js'

/** What is added to the number of a region to say in which way it is shown. */
const MANNER = { own: 0, proposed: 8, chosen: 16, elsewhere: 24, theirs: 32, shared: 40 }
/** From the back to the front: a lesion is seen over the cord it lies in. */
const ORDER = ['canal', 'cord', 't2hyper', 'enhancing', 'cyst', 'hemorrhage']
const FILLED = 255
const FAINT = 70
/** The renderer draws the rim of what has any fill; this much is not seen. */
const RIM_ONLY = 2

/**
 * @typedef {object} RegionInfo as the vocabulary lists it
 * @property {string} region
 * @property {number} label
 * @property {string} colour hex
 * @property {string} [title]
 */

/** @param {readonly RegionInfo[]} regions @returns {Colour[]} colours of every code, for the renderer */
export function colours(regions) {
  return regions.flatMap(({ region, label, colour }) => {
    const rgb = fromHex(colour)
    const body = isLesionRegion(region) ? FILLED : FAINT
    return [
      { code: label + MANNER.own, rgb, alpha: body, name: region },
      { code: label + MANNER.proposed, rgb: mixed(rgb, [255, 255, 255], 0.55), alpha: RIM_ONLY, name: `${region} proposed` },
      { code: label + MANNER.chosen, rgb: mixed(rgb, [255, 255, 255], 0.25), alpha: FILLED, name: `${region} chosen` },
      { code: label + MANNER.elsewhere, rgb: mixed(rgb, [0, 0, 0], 0.25), alpha: RIM_ONLY, name: `${region} of another series` },
      { code: label + MANNER.theirs, rgb: mixed(rgb, [255, 255, 255], 0.75), alpha: FILLED, name: `${region} of the other reader only` },
      { code: label + MANNER.shared, rgb, alpha: RIM_ONLY, name: `${region} of both readers` },
    ]
  })
}

/** @param {string} hex @returns {[number, number, number]} */
function fromHex(hex) {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/**
 * @param {readonly [number, number, number]} a
 * @param {readonly [number, number, number]} b
 * @param {number} part of b
 * @returns {[number, number, number]}
 */
function mixed(a, b, part) {
  const mix = (/** @type {number} */ n) => Math.round(a[n] * (1 - part) + b[n] * part)
  return [mix(0), mix(1), mix(2)]
}

export class Composite {
  /** @param {Reading} reading @param {Series} series @param {readonly RegionInfo[]} regions */
  constructor(reading, series, regions) {
    this.reading = reading
    this.series = series
    this.codes = new Map(regions.map(({ region, label }) => [region, label]))
  }

  /**
   * Give the code of every marked voxel.
   *
   * @param {(index: number, code: number) => void} put
   */
  all(put) {
    const layers = this.#layers()
    if (!this.reading.display.hidden.has('*')) this.#elsewhere(put)
    for (const layer of layers) {
      for (const place of layer.mask.places) {
        const code = this.#code(layer, place)
        if (code) put(place, code)
      }
    }
  }

  /**
   * Give the code of some voxels, also of those that are no longer marked.
   *
   * @param {Iterable<number>} places
   * @param {(index: number, code: number) => void} put
   */
  some(places, put) {
    const layers = this.#layers().reverse()
    for (const place of places) {
      let code = 0
      for (const layer of layers) {
        code = this.#code(layer, place)
        if (code) break
      }
      put(place, code)
    }
  }

  /** @returns {{mask: Mask, proposed: boolean, theirs?: boolean}[]} from the back to the front */
  #layers() {
    const { masks, proposals, theirs, display } = this.reading
    if (display.hidden.has('*')) return []
    return ORDER.filter(region => !display.hidden.has(region)).flatMap(region => {
      const key = `${region}/${this.series.id}`
      const [own, proposed] = [masks.get(key), proposals.get(key)]
      const layers = []
      const other = theirs.get(key)
      if (other) layers.push({ mask: other, proposed: false, theirs: true })
      if (proposed && !theirs.size && display.proposals && (!own || isLesionRegion(region))) layers.push({ mask: proposed, proposed: true })
      if (own) layers.push({ mask: own, proposed: false })
      return layers
    })
  }

  /** @param {{mask: Mask, proposed: boolean, theirs?: boolean}} layer @param {number} place */
  #code({ mask, proposed, theirs }, place) {
    const label = mask.labels[place]
    if (!label) return 0
    const base = this.codes.get(mask.region) ?? 0
    if (theirs) return base + MANNER.theirs
    const other = this.reading.theirs.get(mask.key)
    // two readers beside each other: what both marked steps back, what only one marked is filled
    if (other) return base + (other.labels[place] ? MANNER.shared : MANNER.own)
    if (proposed) return this.reading.isDecided(mask, label) ? 0 : base + MANNER.proposed
    const chosen = isLesionRegion(mask.region) && label === this.reading.choice.lesion
    return base + (chosen ? MANNER.chosen : MANNER.own)
  }

  /**
   * Outline of what was drawn on the other series of the same frame of reference, nearest voxel by nearest voxel.
   *
   * @param {(index: number, code: number) => void} put
   */
  #elsewhere(put) {
    for (const mask of this.reading.masks.values()) {
      if (mask.series === this.series.id || this.reading.display.hidden.has(mask.region)) continue
      if (this.reading.masks.has(`${mask.region}/${this.series.id}`)) continue
      const from = this.reading.series.get(mask.series)
      if (!from || from.info.frame !== this.series.info.frame) continue
      const code = (this.codes.get(mask.region) ?? 0) + MANNER.elsewhere
      for (const place of this.#carried(mask, from)) put(place, code)
    }
  }

  /** @param {Mask} mask @param {Series} from @returns {Iterable<number>} places of this series */
  *#carried(mask, from) {
    const { places } = mask
    if (!places.length) return
    const { grid } = this.series
    const low = [Infinity, Infinity, Infinity]
    const high = [-Infinity, -Infinity, -Infinity]
    for (const place of places) {
      grid.voxel(from.grid.world(from.grid.voxelOf(place))).forEach((value, axis) => {
        low[axis] = Math.min(low[axis], value)
        high[axis] = Math.max(high[axis], value)
      })
    }
    const first = low.map(value => Math.max(0, Math.floor(value - 1)))
    const last = high.map((value, axis) => Math.min(grid.shape[axis] - 1, Math.ceil(value + 1)))
    const [a, b, c] = product(from.grid.toVoxel, grid.affine)
    const [width, height, depth] = from.grid.shape
    for (let k = first[2]; k <= last[2]; k++) {
      for (let j = first[1]; j <= last[1]; j++) {
        for (let i = first[0]; i <= last[0]; i++) {
          const x = Math.round(a[0] * i + a[1] * j + a[2] * k + a[3])
          const y = Math.round(b[0] * i + b[1] * j + b[2] * k + b[3])
          const z = Math.round(c[0] * i + c[1] * j + c[2] * k + c[3])
          if (x < 0 || y < 0 || z < 0 || x >= width || y >= height || z >= depth) continue
          if (mask.labels[x + y * width + z * width * height]) yield grid.index([i, j, k])
        }
      }
    }
  }
}
