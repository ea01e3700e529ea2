/**
 * What is drawn over a picture: disc names, reference lines, ruler, lasso, clicks, lesion numbers, scale.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./reading.js').Series} Series
 * @typedef {import('./viewer.js').Viewer} Viewer
 * @typedef {import('./tools.js').Tools} Tools
 */

import { draw } from './dom.js'
import { crossing, distance, dot, subtract } from './geometry.js'

/** A mark this near to the slice is drawn strongly, farther it is faint, beyond `FAR_MM` not at all. */
const NEAR_MM = 3
const FAR_MM = 25
const GAP_PX = 12
const SCALE_MM = [5, 10, 20, 50, 100]

/** The part of a pane that the overlay needs to know. @typedef {{series: Series, viewer: Viewer}} Shown */

export class Overlay {
  /** @param {SVGSVGElement} svg @param {Reading} reading @param {Tools} tools */
  constructor(svg, reading, tools) {
    this.svg = svg
    this.reading = reading
    this.tools = tools
    /** @type {Vector | null} */
    this.cursor = null
  }

  /** Whose discs are drawn, and where the crosshair is. @param {Reading} reading @param {Vector | null} cursor */
  of(reading, cursor) {
    this.reading = reading
    this.cursor = cursor
  }

  /**
   * Draw everything anew.
   *
   * @param {Shown} own
   * @param {readonly Shown[]} others whose slices are shown as lines
   * @param {Shown | null} active
   */
  draw(own, others, active) {
    this.svg.replaceChildren()
    for (const other of others) this.#line(own, other, other === active)
    this.#crosshair(own)
    if (this.tools.ruler?.series === own.series.id && this.tools.ruler.slice === own.viewer.slice.slice) this.#ruler(own, this.tools.ruler)
    if (this.tools.outline.length && active === own) this.#outline(own)
    const { hidden } = this.reading.display
    if (!hidden.has('discs') && !hidden.has('*')) this.#discs(own)
    this.#seeds(own)
    this.#scale(own)
  }

  /** @param {Shown} own @param {Readonly<Vector>} point LPS mm of the series' frame */
  #at(own, point) {
    return own.viewer.project(own.series.grid.voxel(point))
  }

  /** @param {Shown} own @param {Readonly<Vector>} point @returns {number} mm from the shown slice */
  #away(own, point) {
    const { grid } = own.series
    const axis = own.viewer.sliceAxis
    const centre = grid.voxel(point)
    centre[axis] = own.viewer.slice.slice
    return Math.abs(dot(subtract(point, grid.world(centre)), grid.normal(axis)))
  }

  /** Four arms with a gap: what they point at stays seen. @param {Shown} own */
  #crosshair(own) {
    const point = this.cursor
    const at = point && own.series.grid.voxelAt(point) ? this.#at(own, point) : null
    if (!at) return
    const { width, height } = this.svg.getBoundingClientRect()
    const [x, y] = at
    for (const [a, b] of [[[0, y], [x - GAP_PX, y]], [[x + GAP_PX, y], [width, y]], [[x, 0], [x, y - GAP_PX]], [[x, y + GAP_PX], [x, height]]]) {
      this.svg.append(segment(a, b, 'crosshair'))
    }
  }

  /** @param {Shown} own @param {Shown} other @param {boolean} strong */
  #line(own, other, strong) {
    if (other.series.info.frame !== own.series.info.frame) return
    const axis = other.viewer.sliceAxis
    const normal = other.series.grid.normal(axis)
    const across = own.series.grid.normal(own.viewer.sliceAxis)
    // nearly parallel slices cross far outside the spine and tell nothing
    if (Math.abs(dot(normal, across)) > 0.8) return
    const middle = other.series.grid.shape.map(size => (size - 1) / 2)
    middle[axis] = other.viewer.slice.slice
    const point = other.series.grid.world(/** @type {Vector} */ (/** @type {unknown} */ (middle)))
    const ends = crossing(own.series.grid, own.viewer.sliceAxis, own.viewer.slice.slice, point, normal)
    if (!ends) return
    const [a, b] = ends.map(end => this.#at(own, end))
    if (a && b) this.svg.append(segment(a, b, strong ? 'reference active' : 'reference'))
  }

  /** @param {Shown} own @param {{from: Vector, to: Vector}} ruler */
  #ruler(own, { from, to }) {
    const [a, b] = [this.#at(own, from), this.#at(own, to)]
    if (!a || !b) return
    const { width } = this.svg.getBoundingClientRect()
    // a length at the edge of the picture is written before it
    const at = [Math.min(b[0] + 8, width - 70), Math.max(16, b[1] - 6)]
    this.svg.append(segment(a, b, 'ruler'), text(at, `${distance(from, to).toFixed(1)} mm`, 'ruler'))
  }

  /** @param {Shown} own */
  #outline(own) {
    const points = this.tools.outline.map(point => this.#at(own, point)).filter(at => at !== null)
    this.svg.append(draw('polyline', { class: 'lasso', points: points.map(at => at.join(',')).join(' ') }))
  }

  /** @param {Shown} own */
  #discs(own) {
    if (own.viewer.plane === 'axial') return
    for (const [name, point] of Object.entries(this.reading.discs.points)) {
      const away = this.#away(own, point)
      if (away > FAR_MM) continue
      const at = this.#at(own, point)
      if (!at) continue
      const proposed = this.reading.discs.from === 'auto'
      const kind = `disc${away > NEAR_MM ? ' far' : ''}${proposed ? ' proposed' : ''}`
      const mark = draw('circle', { cx: at[0], cy: at[1], r: 4, class: kind, 'data-disc': name })
      // names stand in front of the spine: behind the mark lie the cord and the lesion
      this.svg.append(mark, text([at[0] - 8, at[1] + 4], name, `${kind} name`))
    }
  }

  /** @param {Shown} own */
  #seeds(own) {
    const { seeds } = this.tools
    if (seeds.series !== own.series.id || !['seed', 'grow'].includes(this.tools.name)) return
    for (const [points, kind] of /** @type {const} */ ([[seeds.foreground, 'seed'], [seeds.background, 'seed not']])) {
      for (const point of points) {
        const at = this.#away(own, point) <= NEAR_MM * 2 ? this.#at(own, point) : null
        if (at) this.svg.append(text([at[0], at[1] + 5], kind === 'seed' ? '+' : '−', kind))
      }
    }
  }

  /** @param {Shown} own */
  #scale(own) {
    const { grid } = own.series
    const { width, height } = this.svg.getBoundingClientRect()
    const axis = own.viewer.sliceAxis
    const [u] = [0, 1, 2].filter(a => a !== axis)
    /** @type {Vector} */
    const start = [0, 0, 0]
    /** @type {Vector} */
    const end = [0, 0, 0]
    end[u] = 1
    const [a, b] = [own.viewer.project(start), own.viewer.project(end)]
    if (!a || !b || !width) return
    const pixels_per_mm = Math.hypot(b[0] - a[0], b[1] - a[1]) / grid.spacing[u]
    const length = [...SCALE_MM].reverse().find(mm => mm * pixels_per_mm < width / 3) ?? SCALE_MM[0]
    const [right, bottom] = [width - 12, height - 12]
    this.svg.append(
      segment([right - length * pixels_per_mm, bottom], [right, bottom], 'scale'),
      text([right, bottom - 6], `${length} mm`, 'scale'),
    )
  }
}

/** @param {readonly number[]} a @param {readonly number[]} b @param {string} kind */
const segment = (a, b, kind) => draw('line', { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: kind })

/** @param {readonly number[]} at @param {string} content @param {string} kind */
const text = (at, content, kind) => draw('text', { x: at[0], y: at[1], class: kind, text: content })
