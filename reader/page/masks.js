/**
 * The drawn structures: a byte per voxel of the series they were drawn on, and changes that can be undone.
 *
 * @typedef {import('./geometry.js').Grid} Grid
 */

/** A change to a mask: which voxels, what they were, what they are. */
export class Change {
  /** @param {Uint32Array} places @param {Uint8Array} before @param {Uint8Array} after */
  constructor(places, before, after) {
    this.places = places
    this.before = before
    this.after = after
  }

  get size() {
    return this.places.length
  }
}

/** One structure on one series by one author. */
export class Mask {
  /**
   * @param {string} region
   * @param {string} series
   * @param {number} size voxels of the series
   */
  constructor(region, series, size) {
    this.region = region
    this.series = series
    this.labels = new Uint8Array(size)
    /** state of the file this was read from or written to; empty where there is none yet */
    this.etag = ''
    /** counts the reader's changes, so that a save knows whether it saved the newest */
    this.revision = 0
    /** counts whatever changes the labels, so that what was derived from them is derived anew */
    this.version = 0
  }

  get key() {
    return `${this.region}/${this.series}`
  }

  /** @type {{version: number, places: Uint32Array}} */
  #marked = { version: -1, places: new Uint32Array() }

  /** @returns {Uint32Array} places that are marked */
  get places() {
    if (this.#marked.version !== this.version) {
      const places = []
      for (let n = 0; n < this.labels.length; n++) if (this.labels[n]) places.push(n)
      this.#marked = { version: this.version, places: Uint32Array.from(places) }
    }
    return this.#marked.places
  }

  /** @returns {number[]} the labels that occur, ascending */
  get present() {
    return [...new Set([...this.places].map(place => this.labels[place]))].sort((a, b) => a - b)
  }

  /** Take over labels from elsewhere: nothing to undo, nothing to save. @param {Uint8Array} labels @param {string} etag */
  take(labels, etag) {
    this.labels.set(labels)
    this.etag = etag
    this.version += 1
  }

  /**
   * @param {Iterable<number>} places
   * @param {number} label 0 erases
   * @returns {Change | null} null where nothing changes
   */
  set(places, label) {
    const changing = [...new Set(places)].filter(place => this.labels[place] !== label)
    return this.#apply(changing, () => label)
  }

  /** @param {Uint8Array} labels as they shall be @returns {Change | null} */
  replace(labels) {
    /** @type {number[]} */
    const changing = []
    for (let n = 0; n < labels.length; n++) if (labels[n] !== this.labels[n]) changing.push(n)
    return this.#apply(changing, place => labels[place])
  }

  /** @param {number[]} places @param {(place: number) => number} label @returns {Change | null} */
  #apply(places, label) {
    if (!places.length) return null
    const change = new Change(
      Uint32Array.from(places),
      Uint8Array.from(places, place => this.labels[place]),
      Uint8Array.from(places, label),
    )
    this.put(change, 'after')
    return change
  }

  /** @param {Change} change @param {'before' | 'after'} side */
  put(change, side) {
    const values = change[side]
    change.places.forEach((place, n) => {
      this.labels[place] = values[n]
    })
    this.revision += 1
    this.version += 1
  }
}

/** Changes of one stroke put together: the first `before` and the last `after` of each voxel. */
export class Stroke {
  /** @type {Map<number, number>} */ #before = new Map()

  /** @param {Mask} mask @param {Iterable<number>} places @param {number} label @returns {number[]} what changed now */
  add(mask, places, label) {
    const change = mask.set(places, label)
    if (!change) return []
    change.places.forEach((place, n) => {
      if (!this.#before.has(place)) this.#before.set(place, change.before[n])
    })
    return [...change.places]
  }

  /** @param {Mask} mask @returns {Change | null} */
  finish(mask) {
    const places = [...this.#before].filter(([place, label]) => mask.labels[place] !== label)
    if (!places.length) return null
    return new Change(
      Uint32Array.from(places, ([place]) => place),
      Uint8Array.from(places, ([, label]) => label),
      Uint8Array.from(places, ([place]) => mask.labels[place]),
    )
  }
}

/**
 * @param {{box: number[], data: string}} found a part of a mask as the server answers it
 * @param {Grid} grid
 * @returns {Promise<Map<number, number>>} its labels by place; what is not marked is left out
 */
export async function labelsByPlace({ box, data }, grid) {
  const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))
  const values = new Uint8Array(await new Response(stream).arrayBuffer())
  const [i0, j0, k0, i1, j1, k1] = box
  /** @type {Map<number, number>} */
  const labels = new Map()
  let n = 0
  // the server's arrays run with the last axis fastest
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) {
      for (let k = k0; k < k1; k++, n++) if (values[n]) labels.set(grid.index([i, j, k]), values[n])
    }
  }
  return labels
}

/** @param {{box: number[], data: string}} found @param {Grid} grid @returns {Promise<number[]>} places that it marks */
export const markedPlaces = async (found, grid) => [...(await labelsByPlace(found, grid)).keys()]
