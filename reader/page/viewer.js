/**
 * One series on one canvas: the only module that knows NiiVue.
 *
 * It takes and gives (fractional) voxel indices of the series' own array, so that no other convention gets in: NiiVue's
 * own conversions of mm are approximate on oblique series, and its next major version renames them.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./nifti.js').Nifti} Nifti
 * @typedef {'sagittal' | 'coronal' | 'axial'} Plane
 */

import { NVImage, Niivue, SLICE_TYPE } from './vendor/niivue.js'

/** Across which axis of NiiVue's right-anterior-superior array a plane is sliced, and NiiVue's word for it. */
const PLANES = {
  sagittal: { depth: 0, type: SLICE_TYPE.SAGITTAL },
  coronal: { depth: 1, type: SLICE_TYPE.CORONAL },
  axial: { depth: 2, type: SLICE_TYPE.AXIAL },
}
/** In which order NiiVue lays the axes of its array on the screen: right, up, then into it. */
const SCREEN_AXES = { sagittal: [1, 2], coronal: [0, 2], axial: [0, 1] }
const ZOOM_LIMITS = [0.5, 20]

const DRAW_TRIES = 10
const BETWEEN_TRIES_MS = 300

/** Whether this browser can draw at all; one that starts its graphics, or starts them again, says no for a moment. */
export async function canDraw() {
  for (let tried = 0; tried < DRAW_TRIES; tried += 1) {
    if (tried) await new Promise(resolve => setTimeout(resolve, BETWEEN_TRIES_MS))
    const gl = document.createElement('canvas').getContext('webgl2')
    gl?.getExtension('WEBGL_lose_context')?.loseContext()
    if (gl) return true
  }
  return false
}

/** Where NiiVue keeps the first half of its gradients: `TEXTURE8`. */
const GRADIENT_UNIT = 0x84c8

/**
 * Keep NiiVue from computing the gradients of a volume, which only its 3D view shows: with software rendering they take
 * half a second with every change of the window. Its drawing of them is clipped to nothing; all else stays as it is.
 *
 * @param {Niivue} nv
 */
function withoutGradients(nv) {
  const { gl } = nv
  const [texture, refresh] = [nv.rgbaTex.bind(nv), nv.refreshLayers.bind(nv)]
  nv.rgbaTex = (held, unit, dims, first) => {
    if (refreshing && held === null && unit === GRADIENT_UNIT) {
      gl.enable(gl.SCISSOR_TEST)
      gl.scissor(0, 0, 0, 0)
    }
    return texture(held, unit, dims, first)
  }
  let refreshing = false
  nv.refreshLayers = (volume, layer) => {
    refreshing = true
    try {
      refresh(volume, layer)
    } finally {
      refreshing = false
      gl.disable(gl.SCISSOR_TEST)
    }
  }
}

/**
 * @typedef {object} Colour
 * @property {number} code value of the composite
 * @property {readonly [number, number, number]} rgb
 * @property {number} alpha 0 to 255
 * @property {string} name
 */

export class Viewer {
  /** @param {HTMLCanvasElement} canvas @param {readonly Colour[]} colours @returns {Promise<Viewer>} */
  static async on(canvas, colours) {
    const nv = new Niivue({
      backColor: [0, 0, 0, 1],
      // the page draws its own, which can be left out where the cursor is outside
      crosshairWidth: 0,
      dragAndDropEnabled: false,
      fontColor: [0.75, 0.8, 0.85, 1],
      interactive: false,
      isCornerOrientationText: false,
      isOrientationTextVisible: true,
      isRadiologicalConvention: true,
      isRuler: false,
      loadingText: '',
      logLevel: 'error',
      sagittalNoseLeft: true,
      show3Dcrosshair: false,
    })
    await nv.attachToCanvas(canvas, false)
    withoutGradients(nv)
    nv.drawRimOpacity = 1
    const viewer = new Viewer(nv)
    viewer.#setColours(colours)
    return viewer
  }

  /** @param {Niivue} nv */
  constructor(nv) {
    this.nv = nv
    /** @type {Plane} */
    this.plane = 'sagittal'
    /** @type {Vector} native axis that NiiVue shows as right, anterior, superior */
    this.axes = [0, 1, 2]
    /** @type {[boolean, boolean, boolean]} */
    this.flipped = [false, false, false]
    /** @type {Vector} */
    this.dims = [1, 1, 1]
    /** @type {Vector} */
    this.cursor = [0, 0, 0]
  }

  /** Whether a series is shown. */
  get loaded() {
    return this.nv.volumes.length > 0
  }

  /**
   * @param {Nifti} image
   * @param {string} name
   * @param {Plane} plane
   * @param {readonly [number, number]} window lowest and highest value shown
   */
  async show(image, name, plane, window) {
    const volume = await NVImage.loadFromUrl({ url: `${name}.nii`, name: `${name}.nii`, buffer: image.buffer, colormap: 'gray' })
    while (this.nv.volumes.length) this.nv.removeVolume(this.nv.volumes[0])
    this.nv.addVolume(volume)
    const order = volume.permRAS ?? [1, 2, 3]
    this.axes = [Math.abs(order[0]) - 1, Math.abs(order[1]) - 1, Math.abs(order[2]) - 1]
    this.flipped = [order[0] < 0, order[1] < 0, order[2] < 0]
    const dims = volume.dimsRAS ?? [3, ...image.shape]
    this.dims = [dims[1], dims[2], dims[3]]
    this.nv.createEmptyDrawing()
    this.setPlane(plane)
    this.setWindow(window[0], window[1])
  }

  /** @param {Plane} plane */
  setPlane(plane) {
    this.plane = plane
    this.nv.setSliceType(PLANES[plane].type)
  }

  /** Array axis of the series across which the shown slices lie. */
  get sliceAxis() {
    return this.axes[PLANES[this.plane].depth]
  }

  /** @param {Readonly<Vector>} voxel fractional @returns {Vector} NiiVue's fraction of the array, 0 to 1 across it */
  #fraction(voxel) {
    const of = (/** @type {number} */ a) => {
      const along = voxel[this.axes[a]]
      return ((this.flipped[a] ? this.dims[a] - 1 - along : along) + 0.5) / this.dims[a]
    }
    return [of(0), of(1), of(2)]
  }

  /** @param {ArrayLike<number>} fraction @returns {Vector} fractional voxel */
  #voxel(fraction) {
    /** @type {Vector} */
    const voxel = [0, 0, 0]
    for (let a = 0; a < 3; a++) {
      const along = fraction[a] * this.dims[a] - 0.5
      voxel[this.axes[a]] = this.flipped[a] ? this.dims[a] - 1 - along : along
    }
    return voxel
  }

  /**
   * Put the cursor on a voxel and show its slice.
   *
   * @param {Readonly<Vector>} voxel fractional; outside the series its nearest slice is shown
   */
  setCursor(voxel) {
    this.cursor = [voxel[0], voxel[1], voxel[2]]
    // a native slice is shown, never a mixture of two
    const onSlice = [...this.cursor]
    onSlice[this.sliceAxis] = Math.round(onSlice[this.sliceAxis])
    const limited = this.#fraction(/** @type {Vector} */ (/** @type {unknown} */ (onSlice))).map((part, a) => Math.min(1 - 0.5 / this.dims[a], Math.max(0.5 / this.dims[a], part)))
    this.nv.scene.crosshairPos = /** @type {any} */ (limited)
    this.nv.drawScene()
  }

  /** @returns {{slice: number, count: number}} the slice that is shown, counted from 0 along the array axis */
  get slice() {
    const axis = this.sliceAxis
    const count = this.dims[this.axes.indexOf(axis)]
    return { slice: Math.min(count - 1, Math.max(0, Math.round(this.cursor[axis]))), count }
  }

  /** The part of the screen that shows the slice: NiiVue's own record of what it drew. */
  get #tile() {
    const tile = this.nv.screenSlices[0]
    if (!tile) return null
    const [left, top, width, height] = tile.leftTopWidthHeight
    if (!width || !height) return null
    return { left, top, width, height, corner: tile.leftTopMM, span: tile.fovMM }
  }

  /** Device pixels in one CSS pixel of this canvas. */
  get #density() {
    const canvas = this.nv.canvas
    return canvas && canvas.clientWidth ? canvas.width / canvas.clientWidth : 1
  }

  /**
   * Where a voxel lies on the canvas, projected across the slices.
   *
   * @param {Readonly<Vector>} voxel fractional
   * @returns {[number, number] | null} CSS pixels from the upper left; it may lie outside the canvas
   */
  project(voxel) {
    const tile = this.#tile
    if (!tile || !this.loaded) return null
    const mm = this.nv.frac2mm(/** @type {any} */ (this.#fraction(voxel)), 0, false)
    const [u, v] = SCREEN_AXES[this.plane]
    const across = (mm[u] - tile.corner[0]) / tile.span[0]
    const up = (mm[v] - tile.corner[1]) / tile.span[1]
    // a negative width is NiiVue's sign of a mirrored picture, which starts at its right edge
    return [(tile.left + across * tile.width) / this.#density, (tile.top + (1 - up) * tile.height) / this.#density]
  }

  /**
   * @param {number} x CSS pixels from the left of the canvas
   * @param {number} y CSS pixels from its top
   * @returns {Vector | null} fractional voxel on the shown slice; null outside the picture
   */
  unproject(x, y) {
    const tile = this.#tile
    if (!tile || !this.loaded) return null
    const across = (x * this.#density - tile.left) / tile.width
    const up = 1 - (y * this.#density - tile.top) / tile.height
    const mm = [...this.nv.frac2mm(/** @type {any} */ (this.#fraction(this.cursor)), 0, false)]
    const [u, v] = SCREEN_AXES[this.plane]
    mm[u] = tile.corner[0] + across * tile.span[0]
    mm[v] = tile.corner[1] + up * tile.span[1]
    const voxel = this.#voxel(this.nv.mm2frac(/** @type {any} */ (mm.slice(0, 3)), 0, false))
    voxel[this.sliceAxis] = this.slice.slice
    return this.#shows(voxel) ? voxel : null
  }

  /** @param {Readonly<Vector>} voxel */
  #shows(voxel) {
    return this.axes.every((axis, a) => voxel[axis] >= -0.5 && voxel[axis] < this.dims[a] - 0.5)
  }

  /** @returns {[number, number]} lowest and highest value shown */
  get window() {
    const volume = this.nv.volumes[0]
    return volume ? [volume.cal_min ?? 0, volume.cal_max ?? 1] : [0, 1]
  }

  /** @param {number} low @param {number} high */
  setWindow(low, high) {
    const volume = this.nv.volumes[0]
    if (!volume) return
    volume.cal_min = low
    volume.cal_max = Math.max(high, low + 1e-6)
    this.nv.updateGLVolume()
  }

  /**
   * Magnify around a point, which stays where it is seen.
   *
   * @param {number} factor of the magnification
   * @param {Readonly<Vector>} [around] voxel, fractional; the cursor where none is given
   */
  zoom(factor, around = this.cursor) {
    const before = this.project(around)
    const [x, y, z, magnification] = this.nv.scene.pan2Dxyzmm
    const [least, most] = ZOOM_LIMITS
    this.nv.setPan2Dxyzmm([x, y, z, Math.min(most, Math.max(least, magnification * factor))])
    const after = this.project(around)
    if (before && after) this.pan(before[0] - after[0], before[1] - after[1])
  }

  /** @param {number} dx CSS pixels @param {number} dy CSS pixels */
  pan(dx, dy) {
    const tile = this.#tile
    if (!tile) return
    const shift = [...this.nv.scene.pan2Dxyzmm]
    const [u, v] = SCREEN_AXES[this.plane]
    // NiiVue shifts the unmagnified picture: what is seen of it is smaller by the magnification
    const magnification = shift[3]
    shift[u] += ((dx * this.#density) / tile.width) * tile.span[0] * magnification
    shift[v] -= ((dy * this.#density) / tile.height) * tile.span[1] * magnification
    this.nv.setPan2Dxyzmm(/** @type {any} */ (shift))
  }

  /** Stop listening; what is gone already cannot be given back. */
  forget() {
    try {
      this.nv.cleanup()
    } catch {
      // without graphics there is nothing to clean
    }
  }

  /** Give back what the browser holds for the canvas. */
  dispose() {
    const { gl } = this.nv
    this.forget()
    gl.getExtension('WEBGL_lose_context')?.loseContext()
  }

  /** The canvas has another size. */
  resized() {
    this.nv.resizeListener()
  }

  /** Whole picture, no shift. */
  resetView() {
    this.nv.setPan2Dxyzmm([0, 0, 0, 1])
  }

  /**
   * Show a composite of structures over the image.
   *
   * @param {(put: (index: number, code: number) => void) => void} paint calls `put` with places of the series' array
   * @param {number} opacity 0 to 1 of the filled part
   */
  paint(paint, opacity) {
    const bitmap = this.nv.drawBitmap
    if (!bitmap) return
    bitmap.fill(0)
    this.touch(paint, opacity)
  }

  /** @param {(put: (index: number, code: number) => void) => void} paint @param {number} opacity */
  touch(paint, opacity) {
    const bitmap = this.nv.drawBitmap
    if (!bitmap) return
    const place = this.#places()
    paint((index, code) => {
      bitmap[place(index)] = code
    })
    this.nv.drawOpacity = opacity
    this.nv.refreshDrawing(true)
  }

  /** @returns {(index: number) => number} from a place in the series' array to the same voxel in NiiVue's */
  #places() {
    const strides = [1, this.dims[0], this.dims[0] * this.dims[1]]
    /** @type {Vector} */
    const step = [0, 0, 0]
    /** @type {Vector} */
    const shape = [0, 0, 0]
    let start = 0
    this.axes.forEach((axis, a) => {
      shape[axis] = this.dims[a]
      step[axis] = this.flipped[a] ? -strides[a] : strides[a]
      if (this.flipped[a]) start += strides[a] * (this.dims[a] - 1)
    })
    const [width, area] = [shape[0], shape[0] * shape[1]]
    return index => {
      const k = Math.floor(index / area)
      const rest = index - k * area
      const j = Math.floor(rest / width)
      return start + (rest - j * width) * step[0] + j * step[1] + k * step[2]
    }
  }

  /** @param {readonly Colour[]} colours */
  #setColours(colours) {
    const table = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [''] }
    for (const { code, rgb, alpha, name } of colours) {
      table.R.push(rgb[0])
      table.G.push(rgb[1])
      table.B.push(rgb[2])
      table.A.push(alpha)
      table.I.push(code)
      table.labels.push(name)
    }
    this.nv.setDrawColormap(/** @type {any} */ (table))
  }
}
