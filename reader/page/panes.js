/**
 * The pictures together: which series hangs where, one cursor through all, layouts and windows.
 *
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./reading.js').Series} Series
 * @typedef {import('./composite.js').RegionInfo} RegionInfo
 * @typedef {import('./tools.js').Tools} Tools
 */

import { find } from './dom.js'
import { hang } from './hanging.js'
import { Pane } from './pane.js'

/** A drag over this many pixels changes the window by its whole width. */
const WINDOW_DRAG_PX = 250

export class Panes extends EventTarget {
  /** @param {Reading} reading @param {Tools} tools @param {readonly RegionInfo[]} regions */
  constructor(reading, tools, regions) {
    super()
    this.reading = reading
    this.tools = tools
    this.regions = regions
    this.root = find('#panes')
    this.panes = [0, 1, 2, 3].map(number => new Pane(this, number))
    /** @type {Pane | null} */
    this.active = null
    this.layout = 1
    this.lesion = reading.choice.lesion
    /** @type {Map<Series, Promise<void>>} */
    this.maskLoads = new Map()
    /** @type {import('./prior.js').Prior | null} */
    this.prior = null
    this.root.replaceChildren(...this.panes.map(pane => pane.figure))
    reading.addEventListener('cursor', () => this.#follow())
    reading.addEventListener('marks', event => this.#marked(event))
    reading.addEventListener('choice', () => this.#chosen())
    reading.addEventListener('discs', () => this.#each(pane => pane.describe()))
    const resized = new ResizeObserver(entries => {
      for (const pane of this.panes) if (entries.some(entry => entry.target === pane.figure)) pane.resized()
    })
    for (const pane of this.panes) resized.observe(pane.figure)
    this.resized = resized
  }

  get visible() {
    return this.panes.filter(pane => !pane.figure.hidden)
  }

  /** @param {(pane: Pane) => void} act */
  #each(act) {
    this.visible.forEach(act)
  }

  /** Show the crosshair's slice everywhere; where it has left a station, the station that holds it. */
  #follow() {
    this.#each(pane => {
      const station = pane.shown && this.#stationOf(pane.shown.series)
      if (station && this.visible.every(other => other.series !== station)) void pane.hang(station)
      else pane.follow()
    })
  }

  /** @param {Series} series @returns {Series | null} another station of it that holds the crosshair, where it does not itself */
  #stationOf(series) {
    if (this.isPrior(series)) return null
    const holds = (/** @type {Series} */ one) => {
      const point = this.reading.cursorIn(one)
      return point !== null && one.grid.voxelAt(point) !== null
    }
    if (holds(series)) return null
    const alike = [...this.reading.series.values()].filter(one => one !== series && one.info.roles.join() === series.info.roles.join())
    return alike.find(holds) ?? null
  }

  /** The chosen lesion is shown brighter; nothing else of the choice is seen in the pictures. */
  #chosen() {
    const { lesion } = this.reading.choice
    if (lesion === this.lesion) return
    this.lesion = lesion
    this.#each(pane => pane.repaint())
  }

  /** @param {Event} event */
  #marked(event) {
    const series = event instanceof CustomEvent ? event.detail : null
    // marks of one series are outlined on the others too
    if (this.tools.stroke) this.#each(pane => pane.series?.id === series && pane.repaint())
    else this.#each(pane => pane.repaint())
  }

  /** @param {Series} series @returns {boolean} whether it is of the session before */
  isPrior(series) {
    return this.prior?.reading.series.get(series.id) === series
  }

  /** @param {Series} series @returns {Reading} whose series it is */
  readingOf(series) {
    return this.prior && this.isPrior(series) ? this.prior.reading : this.reading
  }

  /** @param {Series} series @returns {import('./geometry.js').Vector | null} the crosshair in a series */
  cursorIn(series) {
    return this.prior && this.isPrior(series) ? this.prior.point : this.reading.cursorIn(series)
  }

  /** Hang the session before beside this one. @param {import('./prior.js').Prior} prior */
  async compare(prior) {
    this.prior = prior
    const [now] = hang([...this.reading.series.values()], 1, null)
    const before = hang([...prior.reading.series.values()], 1, null).slice(0, 1)
    await this.#hang([now, ...before], 2)
  }

  /** @param {Series} series */
  masksOf(series) {
    const known = this.maskLoads.get(series) ?? this.readingOf(series).loadMasks(series)
    this.maskLoads.set(series, known)
    return known
  }

  /** Hang the series of a layout. @param {number} layout 1 to 4 */
  async arrange(layout) {
    const active = this.active?.series ?? null
    await this.#hang(hang([...this.reading.series.values()], layout, active), layout)
  }

  /** @param {readonly Series[]} hung @param {number} layout */
  async #hang(hung, layout) {
    this.layout = layout
    const all = [...this.reading.series.values(), ...(this.prior?.reading.series.values() ?? [])]
    this.root.dataset.layout = String(layout)
    this.root.dataset.count = String(Math.max(1, hung.length))
    this.panes.forEach((pane, n) => {
      pane.figure.hidden = n >= hung.length
      pane.offer(all, hung[n] ?? null)
    })
    if (!this.active || this.active.figure.hidden) this.activate(this.panes[0])
    const waiting = hung.flatMap((series, n) => (this.panes[n].series === series ? [] : [() => this.panes[n].hang(series)]))
    // the first picture is seen before the others are fetched
    await waiting.shift()?.()
    this.dispatchEvent(new Event('first'))
    await Promise.all(waiting.map(hangOne => hangOne()))
    this.reading.tell('cursor')
  }

  /** @param {Pane} pane */
  activate(pane) {
    if (this.active === pane) return
    this.active?.figure.classList.remove('active')
    this.active = pane
    pane.figure.classList.add('active')
    this.#each(other => other.describe())
    this.dispatchEvent(new Event('active'))
  }

  /** Show where a dab fell at once. @param {string} series @param {readonly number[]} places */
  dabbed(series, places) {
    for (const pane of this.visible) if (pane.series?.id === series) pane.touch(places)
  }

  /** @param {Pane} pane @param {number} dx px @param {number} dy px @param {[number, number]} start */
  windowBy(pane, dx, dy, [low, high]) {
    const width = high - low
    const centre = (low + high) / 2 + (dy / WINDOW_DRAG_PX) * width
    const half = Math.max(width * 0.005, (width * (1 + dx / WINDOW_DRAG_PX)) / 2)
    pane.viewer?.setWindow(centre - half, centre + half)
    pane.describe()
  }

  /** A window preset of the active picture. @param {number} preset 1 to 5 */
  preset(preset) {
    const shown = this.active?.shown
    if (!shown) return
    const [low, high] = shown.series.window
    const width = high - low
    const windows = [
      [low, high],
      [low, low + width * 0.6],
      [low + width * 0.2, low + width * 0.7],
      [low + width * 0.1, low + width * 1.3],
      [low, low + width * 1.8],
    ]
    const [from, to] = windows[preset - 1] ?? windows[0]
    shown.viewer.setWindow(from, to)
    this.active?.describe()
  }

  /** @param {number} way +1 or −1 mm */
  brushBy(way) {
    const { brush_mm } = this.reading.choice
    this.reading.choose({ brush_mm: Math.min(20, Math.max(1, brush_mm + way)) })
  }

  /** Give the pictures' memory back: a browser holds few of them at once. */
  dispose() {
    this.resized.disconnect()
    for (const pane of this.panes) pane.dispose()
    this.root.replaceChildren()
  }

  /** Whole pictures, windows as they came. */
  reset() {
    this.#each(pane => {
      pane.viewer?.resetView()
      const shown = pane.shown
      if (shown) shown.viewer.setWindow(...shown.series.window)
      pane.describe()
    })
  }

  /** @returns {string} values of every visible series at the cursor */
  get values() {
    return this.visible
      .map(pane => [pane.series?.info.name ?? '', pane.value()])
      .map(([name, value]) => `${name}: ${typeof value === 'number' ? value.toFixed(0) : '–'}`)
      .join(' · ')
  }

  /** Show what changed of the display. */
  repaint() {
    this.#each(pane => {
      pane.repaint()
      pane.describe()
    })
  }
}
