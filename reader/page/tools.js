/**
 * What a click, a stroke or the key Enter does with each tool. A tool gets points in LPS mm of the series it is used on.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./reading.js').Series} Series
 * @typedef {import('./saving.js').Saver} Saver
 *
 * @typedef {object} Place where a tool is used
 * @property {Series} series
 * @property {Vector} point LPS mm
 * @property {{axis: number, slice: number}} plane the slice that is seen
 * @property {boolean} [shift]
 * @property {boolean} [alt]
 */

import { RequestFailed, requestJson } from './api.js'
import { inside, stroke } from './brush.js'
import { distance } from './geometry.js'
import { Stroke, markedPlaces } from './masks.js'
import { isLesionRegion } from './reading.js'

/** Tools in the order of their keys 1 to 8. */
export const TOOLS = [
  { name: 'crosshair', key: '1', title: 'Crosshair' },
  { name: 'seed', key: '2', title: 'New lesion' },
  { name: 'brush', key: '3', title: 'Brush' },
  { name: 'lasso', key: '4', title: 'Lasso' },
  { name: 'erase', key: '5', title: 'Eraser' },
  { name: 'grow', key: '6', title: 'Grow' },
  { name: 'measure', key: '7', title: 'Measure' },
  { name: 'disc', key: '8', title: 'Disc' },
]
const DRAWING = new Set(['seed', 'brush', 'lasso', 'erase', 'grow'])

export class Tools {
  /**
   * @param {Reading} reading
   * @param {Saver} saver
   * @param {{say: (text: string, bad?: boolean) => void, nameDisc: (place: Place) => void, dabbed: (series: string, places: number[]) => void}} screen
   */
  constructor(reading, saver, screen) {
    this.reading = reading
    this.saver = saver
    this.screen = screen
    /** @type {Stroke | null} */
    this.stroke = null
    /** @type {Place | null} */
    this.last = null
    /** @type {Vector[]} */
    this.outline = []
    /** @type {{series: string, slice: number, from: Vector, to: Vector} | null} */
    this.ruler = null
    /** clicks that made the chosen lesion, so that further ones refine it
     * @type {{region: string, series: string, lesion: number, foreground: Vector[], background: Vector[]}} */
    this.seeds = { region: '', series: '', lesion: 0, foreground: [], background: [] }
  }

  /** Name of the tool used when Enter is pressed at the crosshair. */
  get name() {
    return this.reading.choice.tool
  }

  /** @param {Place} place @returns {boolean} whether the pointer is followed until it is let go */
  begin(place) {
    if (this.name !== 'measure') this.reading.setCursor(place.point, place.series)
    if (this.reading.locked && (DRAWING.has(this.name) || this.name === 'disc')) {
      this.screen.say('This read is signed. Unlock it to change a mark.', true)
      return false
    }
    return this.#begin(place)
  }

  /** @param {Place} place @returns {boolean} */
  #begin(place) {
    switch (this.name) {
      case 'crosshair':
        return true
      case 'brush':
      case 'erase':
        this.stroke = new Stroke()
        this.last = null
        this.#dab(place)
        return true
      case 'lasso':
        this.outline = [place.point]
        return true
      case 'measure':
        this.ruler = { series: place.series.id, slice: place.plane.slice, from: place.point, to: place.point }
        return true
      case 'disc':
        this.screen.nameDisc(place)
        return false
      default:
        void this.grow(place, this.name === 'seed' && !place.shift && !place.alt)
        return false
    }
  }

  /** @param {Place} place */
  move(place) {
    if (this.name === 'crosshair') this.reading.setCursor(place.point, place.series)
    else if (this.stroke) this.#dab(place)
    else if (this.ruler && this.name === 'measure') this.ruler.to = place.point
    else if (this.outline.length && distance(place.point, this.outline[this.outline.length - 1]) > 0.2) {
      this.outline.push(place.point)
    }
  }

  /** @param {Place} place */
  end(place) {
    if (this.stroke) {
      const mask = this.#mask(place.series)
      const change = this.stroke.finish(mask)
      this.reading.record(mask, change, this.name === 'erase' ? 'eraser' : 'brush')
      this.#sayIfNothing(change)
      this.stroke = null
      this.last = null
    } else if (this.outline.length) {
      const mask = this.#mask(place.series)
      const places = this.#allowed(place.series, inside(place.series.grid, this.outline, place.plane))
      this.outline = []
      const change = mask.set(places, place.shift ? 0 : this.#label)
      this.reading.record(mask, change, 'lasso')
      this.#sayIfNothing(change)
    } else if (this.ruler && this.name === 'measure') {
      this.reading.tell('cursor')
      const mm = distance(this.ruler.from, this.ruler.to)
      this.screen.say(`${mm.toFixed(1)} mm`)
    }
  }

  /** A stroke that leaves nothing is not to look like a page that does not answer. @param {import('./masks.js').Change | null} change */
  #sayIfNothing(change) {
    if (change) return
    const { region, insideCord } = this.reading.choice
    const limited = insideCord && this.name !== 'erase' && region !== 'cord' && region !== 'canal'
    this.screen.say(`nothing ${this.name === 'erase' ? 'to erase' : 'drawn'} here${limited ? ': “in cord only” is on (key I)' : ''}`)
  }

  /** What the keyboard does instead of a click at the crosshair. @param {Place} place */
  apply(place) {
    if (this.begin(place)) this.end(place)
  }

  get #label() {
    const { region, lesion } = this.reading.choice
    return isLesionRegion(region) ? lesion : 1
  }

  /** @param {Series} series */
  #mask(series) {
    return this.reading.ownMask(this.reading.choice.region, series)
  }

  /** @param {Place} place */
  #dab(place) {
    const { brush_mm, ball } = this.reading.choice
    const mask = this.#mask(place.series)
    const from = this.last?.point ?? place.point
    const places = stroke(place.series.grid, from, place.point, brush_mm / 2, ball ? null : place.plane)
    const label = this.name === 'erase' ? 0 : this.#label
    const touched = this.name === 'erase' ? places : this.#allowed(place.series, places)
    this.last = place
    const changed = this.stroke?.add(mask, touched, label) ?? []
    if (changed.length) this.screen.dabbed(place.series.id, changed)
  }

  /**
   * Places that may be drawn on: inside the cord if that is asked for and the cord of the series is known.
   *
   * @param {Series} series
   * @param {number[]} places
   */
  #allowed(series, places) {
    const { region, insideCord } = this.reading.choice
    const cord = this.reading.shownMask('cord', series)
    if (!insideCord || !cord || region === 'cord' || region === 'canal') return places
    return places.filter(place => cord.labels[place])
  }

  /**
   * Grow a lesion from a click, on the server.
   *
   * @param {Place} place with Alt: this is not lesion; with Shift or the grow tool: this too belongs to the chosen one
   * @param {boolean} fresh begin a new lesion
   */
  async grow(place, fresh) {
    if (this.reading.choice.region === 'cord') {
      await this.#correctCord(place)
      return
    }
    const region = this.growRegion(place.series)
    if (!region) {
      this.screen.say('A lesion is grown on a T2-weighted series or on one after gadolinium; use the brush here.', true)
      return
    }
    const { reading, seeds } = this
    const same = !fresh && seeds.region === region && seeds.series === place.series.id && seeds.lesion === reading.choice.lesion
    const lesion = fresh ? this.#newLesion(region, place.series) : reading.choice.lesion
    const clicks = same ? seeds : { foreground: /** @type {Vector[]} */ ([]), background: /** @type {Vector[]} */ ([]) }
    const foreground = place.alt ? clicks.foreground : [...clicks.foreground, place.point]
    const background = place.alt ? [...clicks.background, place.point] : clicks.background
    if (!foreground.length) {
      this.screen.say('Click the lesion first, then what does not belong to it.', true)
      return
    }
    this.seeds = { region, series: place.series.id, lesion, foreground, background }
    // a second click must not get the number of a lesion that is still on its way
    this.reading.reserved.add(lesion)
    await this.#grown(place.series, region, lesion, foreground, background, place.alt ?? false)
    this.reading.reserved.delete(lesion)
  }

  /** Lead the cord through a click: it is found anew near it, and left as it is elsewhere. @param {Place} place */
  async #correctCord({ series, point }) {
    const { reading } = this
    await this.#attempt(async () => {
      await this.saver.flush()
      const mask = reading.ownMask('cord', series)
      const found = await requestJson(`cases/${reading.id}/cord`, { method: 'POST', json: { series: series.id, clicks: [point] } })
      const labels = new Uint8Array(mask.labels.length)
      for (const place of await markedPlaces(found, series.grid)) labels[place] = 1
      reading.record(mask, mask.replace(labels), 'correct the cord')
      this.screen.say('cord corrected near the click')
    })
  }

  /** Do something that the server may refuse; the reader reads why. @param {() => Promise<void>} act */
  async #attempt(act) {
    try {
      await act()
    } catch (failure) {
      const said = failure instanceof Error ? failure.message : String(failure)
      const limited = failure instanceof RequestFailed && failure.body.code === 'click_outside'
      this.screen.say(limited ? `${said}, or switch “in cord only” off (key I)` : said, true)
    }
  }

  /**
   * @param {Series} series
   * @param {string} region
   * @param {number} lesion
   * @param {Vector[]} foreground
   * @param {Vector[]} background
   * @param {boolean} anew in place of what the lesion was; else it is added to that, which may hold strokes of the reader
   */
  async #grown(series, region, lesion, foreground, background, anew) {
    const { reading } = this
    this.screen.say('growing …')
    await this.#attempt(async () => {
      const found = await requestJson(`cases/${reading.id}/grow`, {
        method: 'POST',
        json: { region, series: series.id, foreground, background, inside_cord: reading.choice.insideCord, limits: {}, label: lesion },
      })
      const places = await markedPlaces(found, series.grid)
      reading.choose({ region, lesion })
      const mask = reading.ownMask(region, series)
      const labels = mask.labels.map(label => (anew && label === lesion ? 0 : label))
      for (const place of places) labels[place] ||= lesion
      if (!labels.includes(lesion)) {
        const there = labels[places[0] ?? 0]
        if (there) reading.choose({ region, lesion: there })
        this.screen.say(there ? `this is lesion ${there} already; Shift+click adds to it` : 'nothing was found at the click', true)
        return
      }
      reading.record(mask, mask.replace(labels), `grow lesion ${lesion}`)
      const flags = (found.flags ?? []).map((/** @type {string} */ flag) => flag.replaceAll('_', ' ')).join(', ')
      this.screen.say(`lesion ${lesion}: ${places.length} ${places.length === 1 ? 'voxel' : 'voxels'}${flags ? ` — ${flags}` : ''}`, Boolean(flags))
    })
  }

  /**
   * The number a new mark gets: that of the chosen lesion where it has no mark of this region yet (the T2 signal of the
   * lesion that was marked by its enhancement), else the next free one.
   *
   * @param {string} region
   * @param {Series} series
   */
  #newLesion(region, series) {
    const { reading } = this
    const chosen = reading.choice.lesion
    const drawn = [...reading.masks.values()].filter(mask => mask.present.includes(chosen))
    const elsewhere = drawn.some(mask => mask.region !== region)
    const here = drawn.some(mask => mask.region === region && mask.series === series.id)
    return elsewhere && !here ? chosen : reading.nextLesion
  }

  /** @param {Series} series @returns {string | null} what a click on this series marks */
  growRegion(series) {
    if (series.info.roles.some(role => role.endsWith('_gd'))) return 'enhancing'
    if (series.info.weighting.startsWith('T2') && !series.info.roles.includes('gre_ax')) return 't2hyper'
    return null
  }
}
