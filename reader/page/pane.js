/**
 * One picture: a series, its marks, what is drawn over it, and the pointer and keys on it.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./reading.js').Series} Series
 * @typedef {import('./panes.js').Panes} Panes
 * @typedef {import('./tools.js').Place} Place
 */

import { Composite, colours } from './composite.js'
import { draw, make } from './dom.js'
import { valueAt } from './nifti.js'
import { Overlay } from './overlay.js'
import { Viewer, canDraw } from './viewer.js'

const RIGHT = 2
const MIDDLE = 1

export class Pane {
  /** @param {Panes} panes @param {number} number */
  constructor(panes, number) {
    this.panes = panes
    this.number = number
    this.canvas = this.#newCanvas()
    this.svg = draw('svg')
    this.select = make('select', { 'aria-label': `series of picture ${number + 1}`, onchange: () => this.#chosen() })
    this.levels = make('p', { class: 'corner top right' })
    this.slice = make('p', { class: 'corner bottom left' })
    this.note = make('p', { class: 'note', role: 'status' })
    this.figure = make('figure', { tabindex: '0', 'aria-label': `picture ${number + 1}`, onfocus: () => panes.activate(this) }, [
      make('div', {}, [this.canvas]),
      make('p', { class: 'corner top left' }, [this.select]),
      this.levels,
      this.slice,
      this.note,
    ])
    this.figure.children[0].append(this.svg)
    /** @type {Viewer | null} */
    this.viewer = null
    /** @type {Series | null} */
    this.series = null
    /** @type {Composite | null} */
    this.composite = null
    /** @type {readonly Series[]} */
    this.offered = []
    this.overlay = new Overlay(this.svg, panes.reading, panes.tools)
    this.#listen()
  }

  /** the case was left */
  closed = false

  /** @type {{series: Series, viewer: Viewer} | null} what is shown, once it is: never a series with another's picture */
  shown = null

  /** @param {readonly Series[]} all @param {Series | null} chosen */
  offer(all, chosen) {
    this.offered = all
    this.select.replaceChildren(...all.map((series, n) => make('option', { value: n, text: series.info.name, selected: series === chosen })))
  }

  #chosen() {
    const series = this.offered[Number(this.select.value)]
    if (series) void this.hang(series)
    this.figure.focus()
  }

  /** Show a series; what goes wrong is said in the pane and stops nothing else. @param {Series} series */
  async hang(series) {
    this.series = series
    this.shown = null
    this.note.textContent = 'loading …'
    this.select.value = String(this.offered.indexOf(series))
    try {
      const { regions } = this.panes
      const reading = this.panes.readingOf(series)
      const image = await series.load()
      this.viewer ??= await this.#started()
      if (this.series !== series) return
      await this.viewer.show(image, series.id, series.plane, series.window)
      this.composite = new Composite(reading, series, regions)
      this.shown = { series, viewer: this.viewer }
      this.note.textContent = ''
      await this.panes.masksOf(series)
      this.repaint()
      this.follow()
    } catch (failure) {
      this.note.textContent = `This series cannot be shown: ${failure instanceof Error ? failure.message : failure}`
    }
  }

  #newCanvas() {
    const canvas = make('canvas')
    canvas.addEventListener('webglcontextlost', () => void (canvas === this.canvas && this.#lost()))
    return canvas
  }

  /** A canvas that has lost its graphics, or never got them, gives place to another. */
  #renew() {
    const canvas = this.#newCanvas()
    this.canvas.replaceWith(canvas)
    this.canvas = canvas
    this.viewer = null
    this.shown = null
  }

  /** @returns {Promise<Viewer>} tried once more where the graphics are just being started again */
  async #started() {
    const shades = colours(this.panes.regions)
    try {
      return await Viewer.on(this.canvas, shades)
    } catch (failure) {
      this.#renew()
      if (!(await canDraw())) throw failure
      return Viewer.on(this.canvas, shades)
    }
  }

  /** The browser took the picture's memory, or its graphics have ended: the picture is drawn anew once it is looked at. */
  async #lost() {
    if (this.closed) return
    this.viewer?.forget()
    this.#renew()
    this.note.textContent = 'the picture is drawn anew …'
    // a hidden tab that took its graphics back would take another tab's
    await shownTab()
    if (this.closed || !this.series) return
    if (await canDraw()) await this.hang(this.series)
    else this.note.textContent = 'The browser gives this picture no graphics now. Choose the series again, or reload the page; no mark is lost.'
  }

  /** Give back what the browser holds for the picture. */
  dispose() {
    this.closed = true
    this.viewer?.dispose()
  }

  /** All marks anew. */
  repaint() {
    const { display } = this.panes.reading
    if (!this.shown || !this.composite) return
    const { composite } = this
    this.viewer?.paint(put => composite.all(put), display.outline ? 0.01 : display.opacity)
  }

  /** Some voxels anew, while a stroke is drawn. @param {readonly number[]} places */
  touch(places) {
    const { display } = this.panes.reading
    if (!this.shown || !this.composite) return
    const { composite } = this
    this.viewer?.touch(put => composite.some(places, put), display.outline ? 0.01 : display.opacity)
  }

  /** Show the slice of the common cursor. */
  follow() {
    const shown = this.shown
    if (!shown) return
    const point = this.panes.cursorIn(shown.series)
    if (point) shown.viewer.setCursor(shown.series.grid.voxel(point))
    const inside = point !== null && shown.series.grid.voxelAt(point) !== null
    this.note.textContent = inside ? '' : point ? 'the crosshair lies outside this series' : 'another frame of reference: not linked'
    this.describe()
  }

  /** The picture has another size: first it is drawn anew, then what lies over it. */
  resized() {
    this.viewer?.resized()
    this.describe()
  }

  /** Slice, window and lines of the other pictures. */
  describe() {
    const shown = this.shown
    if (!shown) return
    const { slice, count } = shown.viewer.slice
    const [low, high] = shown.viewer.window
    const spacing = shown.series.grid.spacing.map(mm => mm.toFixed(1)).join(' × ')
    this.slice.textContent = `slice ${slice + 1}/${count} · ${spacing} mm`
    this.levels.textContent = `W ${(high - low).toFixed(0)}  L ${((high + low) / 2).toFixed(0)}`
    const { panes } = this
    const prior = panes.isPrior(shown.series)
    const others = panes.visible.filter(pane => pane !== this).flatMap(pane => pane.shown ?? []).filter(other => panes.isPrior(other.series) === prior)
    this.overlay.of(panes.readingOf(shown.series), panes.cursorIn(shown.series))
    const active = panes.active?.shown ?? null
    this.overlay.draw(shown, others, others.find(other => other.series === active?.series) ?? (this.panes.active === this ? shown : null))
  }

  /** Value of the series at the common cursor. @returns {number | null} */
  value() {
    const shown = this.shown
    const point = shown && this.panes.cursorIn(shown.series)
    const voxel = point && shown.series.grid.voxelAt(point)
    return voxel && shown.series.image ? valueAt(shown.series.image, shown.series.grid.index(voxel)) : null
  }

  /** @param {number} steps slices to go, with the order on the screen */
  step(steps) {
    const shown = this.shown
    if (!shown) return
    const { slice, count } = shown.viewer.slice
    this.#toSlice(Math.min(count - 1, Math.max(0, slice + steps)))
  }

  /** @param {'first' | 'last'} which */
  end(which) {
    const shown = this.shown
    if (shown) this.#toSlice(which === 'first' ? 0 : shown.viewer.slice.count - 1)
  }

  /** @param {number} slice */
  #toSlice(slice) {
    const shown = this.shown
    if (!shown) return
    if (this.panes.isPrior(shown.series)) {
      // the session before is leafed through by itself
      const voxel = [...shown.viewer.cursor]
      voxel[shown.viewer.sliceAxis] = slice
      shown.viewer.setCursor(/** @type {Vector} */ (/** @type {unknown} */ (voxel)))
      this.describe()
      return
    }
    const voxel = shown.series.grid.voxel(this.panes.reading.cursorIn(shown.series) ?? shown.series.grid.world(shown.viewer.cursor))
    const limited = voxel.map((value, axis) => Math.min(shown.series.grid.shape[axis] - 1, Math.max(0, value)))
    limited[shown.viewer.sliceAxis] = slice
    this.panes.reading.setCursor(shown.series.grid.world(/** @type {Vector} */ (/** @type {unknown} */ (limited))), shown.series)
  }

  /**
   * Move the cursor within the slice, for the keyboard.
   *
   * @param {number} right voxels to the right of the screen
   * @param {number} down voxels down
   */
  nudge(right, down) {
    const shown = this.shown
    if (!shown || this.panes.isPrior(shown.series)) return
    const at = shown.viewer.project(shown.viewer.cursor)
    if (!at) return
    const axis = shown.viewer.sliceAxis
    const [voxel] = [shown.series.grid.voxel(this.panes.reading.cursorIn(shown.series) ?? [0, 0, 0])]
    for (const a of [0, 1, 2].filter(a => a !== axis)) {
      const neighbour = /** @type {Vector} */ ([...shown.viewer.cursor])
      neighbour[a] += 1
      const there = shown.viewer.project(neighbour)
      if (!there) continue
      const [dx, dy] = [there[0] - at[0], there[1] - at[1]]
      const horizontal = Math.abs(dx) > Math.abs(dy)
      const wanted = horizontal ? right * Math.sign(dx) : down * Math.sign(dy)
      voxel[a] = Math.min(shown.series.grid.shape[a] - 1, Math.max(0, Math.round(voxel[a]) + wanted))
    }
    this.panes.reading.setCursor(shown.series.grid.world(voxel), shown.series)
  }

  /** @param {{clientX: number, clientY: number, shiftKey?: boolean, altKey?: boolean}} event @returns {Place | null} */
  place(event) {
    const shown = this.shown
    if (!shown || this.panes.isPrior(shown.series)) return null
    const { left, top } = this.canvas.getBoundingClientRect()
    const voxel = shown.viewer.unproject(event.clientX - left, event.clientY - top)
    if (!voxel) return null
    return this.#placeOf(shown.series.grid.world(voxel), event)
  }

  /** @returns {Place | null} the place of the crosshair, for the keyboard */
  get cursorPlace() {
    const shown = this.shown
    const point = shown && !this.panes.isPrior(shown.series) ? this.panes.cursorIn(shown.series) : null
    return shown && point && shown.series.grid.voxelAt(point) ? this.#placeOf(point, {}) : null
  }

  /** @param {Vector} point @param {{shiftKey?: boolean, altKey?: boolean}} held @returns {Place} */
  #placeOf(point, held) {
    const { series, viewer } = /** @type {{series: Series, viewer: Viewer}} */ (this.shown)
    const plane = { axis: viewer.sliceAxis, slice: viewer.slice.slice }
    return { series, point, plane, shift: held.shiftKey, alt: held.altKey }
  }

  #listen() {
    const { svg } = this
    svg.addEventListener('contextmenu', event => event.preventDefault())
    svg.addEventListener('pointerdown', event => this.#down(event))
    svg.addEventListener('wheel', event => this.#wheel(event), { passive: false })
  }

  /** @param {PointerEvent} event */
  #down(event) {
    event.preventDefault()
    this.figure.focus()
    this.svg.setPointerCapture(event.pointerId)
    if (event.button === RIGHT) this.#drag(event, (dx, dy, start) => this.panes.windowBy(this, dx, dy, start))
    else if (event.button === MIDDLE) this.#drag(event, (dx, dy) => this.#pan(dx, dy))
    else this.#use(event)
  }

  /** @param {PointerEvent} event */
  #use(event) {
    const disc = event.target instanceof SVGElement ? event.target.dataset.disc : undefined
    const { tools } = this.panes
    if (disc && !this.panes.reading.locked && ['crosshair', 'disc'].includes(tools.name)) {
      this.#dragDisc(disc, event)
      return
    }
    const place = this.place(event)
    if (!place || !tools.begin(place)) return
    let last = place
    const move = (/** @type {PointerEvent} */ moved) => {
      const here = this.place(moved)
      if (!here) return
      last = here
      tools.move(here)
      this.describe()
    }
    this.#until(move, () => {
      tools.end(last)
      this.describe()
    })
  }

  /** Move a disc; with the disc tool, a click that moves nothing names it. @param {string} name @param {PointerEvent} event */
  #dragDisc(name, event) {
    const { reading, tools } = this.panes
    const place = this.place(event)
    /** @type {Vector | null} */
    let point = null
    this.#until(
      moved => {
        point = this.place(moved)?.point ?? point
        if (point) reading.setCursor(point, /** @type {Series} */ (this.series))
      },
      () => {
        if (point) reading.setDiscs({ ...reading.discs.points, [name]: point }, `move ${name}`)
        else if (place) tools.begin(place)
      },
    )
  }

  /** @param {PointerEvent} from @param {(dx: number, dy: number, start: [number, number]) => void} act */
  #drag(from, act) {
    const start = this.viewer?.window ?? [0, 1]
    let [x, y] = [from.clientX, from.clientY]
    const [x0, y0] = [x, y]
    const pan = from.button === MIDDLE
    this.#until(
      moved => {
        if (pan) act(moved.clientX - x, moved.clientY - y, start)
        else act(moved.clientX - x0, moved.clientY - y0, start)
        ;[x, y] = [moved.clientX, moved.clientY]
      },
      () => this.describe(),
    )
  }

  /** @param {number} dx @param {number} dy */
  #pan(dx, dy) {
    this.viewer?.pan(dx, dy)
    this.describe()
  }

  /** @param {(event: PointerEvent) => void} move @param {() => void} done */
  #until(move, done) {
    const ended = () => {
      this.svg.removeEventListener('pointermove', move)
      this.svg.removeEventListener('pointerup', ended)
      this.svg.removeEventListener('pointercancel', ended)
      done()
    }
    this.svg.addEventListener('pointermove', move)
    this.svg.addEventListener('pointerup', ended)
    this.svg.addEventListener('pointercancel', ended)
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault()
    const way = Math.sign(event.deltaY || event.deltaX)
    if (event.shiftKey) this.panes.brushBy(-way)
    else if (event.ctrlKey) this.zoom(way > 0 ? 1 / 1.15 : 1.15, event)
    else this.step(way)
  }

  /** @param {number} factor @param {{clientX: number, clientY: number}} [at] the pointer; without one around the crosshair */
  zoom(factor, at) {
    const { left, top } = this.canvas.getBoundingClientRect()
    const voxel = at && this.viewer?.unproject(at.clientX - left, at.clientY - top)
    this.viewer?.zoom(factor, voxel ?? undefined)
    this.describe()
  }
}

/** @returns {Promise<void>} once the tab is looked at */
const shownTab = () => new Promise(resolve => {
  if (!document.hidden) resolve()
  else document.addEventListener('visibilitychange', () => resolve(), { once: true })
})
