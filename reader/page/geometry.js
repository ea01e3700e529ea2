/**
 * Voxels and millimetres. The page speaks LPS mm, as the study's files do; only `viewer.js` turns to NiiVue's RAS.
 *
 * @typedef {[number, number, number]} Vector
 * @typedef {readonly (readonly number[])[]} Matrix rows of a 4×4 transform
 */

/** @param {Matrix} matrix @param {Readonly<Vector>} point @returns {Vector} */
export function transform(matrix, point) {
  const row = (/** @type {number} */ r) => {
    const m = matrix[r]
    return m[0] * point[0] + m[1] * point[1] + m[2] * point[2] + m[3]
  }
  return [row(0), row(1), row(2)]
}

/**
 * Inverse of an affine transform whose last row is 0 0 0 1.
 *
 * @param {Matrix} matrix
 * @returns {number[][]}
 */
export function inverse(matrix) {
  const [[a, b, c, x], [d, e, f, y], [g, h, i, z]] = matrix
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  if (!determinant) throw new RangeError('the transform of a series cannot be inverted')
  const rows = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map(row => row.map(value => value / determinant))
  return [...rows.map(([p, q, r]) => [p, q, r, -(p * x + q * y + r * z)]), [0, 0, 0, 1]]
}

/** @param {Matrix} left @param {Matrix} right @returns {number[][]} the transform that does `right` first */
export function product(left, right) {
  return left.map(row => [0, 1, 2, 3].map(column => row.reduce((sum, value, k) => sum + value * right[k][column], 0)))
}

/** @param {Readonly<Vector>} a @param {Readonly<Vector>} b @returns {Vector} */
export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]

/** @param {Readonly<Vector>} a @param {Readonly<Vector>} b */
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

/** @param {Readonly<Vector>} a @param {Readonly<Vector>} b @returns {number} distance in the unit of the points */
export const distance = (a, b) => Math.hypot(...subtract(a, b))

/** @param {Matrix} matrix @returns {Vector} voxel size in mm along each array axis */
export function spacing(matrix) {
  const column = (/** @type {number} */ c) => Math.hypot(matrix[0][c], matrix[1][c], matrix[2][c])
  return [column(0), column(1), column(2)]
}

/** The voxel grid of a series: array shape and where its voxels lie in LPS mm. */
export class Grid {
  /** @param {Readonly<Vector>} shape @param {Matrix} affine voxel index to LPS mm */
  constructor(shape, affine) {
    /** @readonly */ this.shape = shape
    /** @readonly */ this.affine = affine
    /** @readonly */ this.toVoxel = inverse(affine)
    /** @readonly */ this.spacing = spacing(affine)
    /** @readonly */ this.strides = /** @type {Vector} */ ([1, shape[0], shape[0] * shape[1]])
    /** @readonly */ this.size = shape[0] * shape[1] * shape[2]
  }

  /** @param {Readonly<Vector>} voxel @returns {Vector} LPS mm of a (fractional) voxel index */
  world(voxel) {
    return transform(this.affine, voxel)
  }

  /** @param {Readonly<Vector>} point LPS mm @returns {Vector} fractional voxel index */
  voxel(point) {
    return transform(this.toVoxel, point)
  }

  /** @param {Readonly<Vector>} point LPS mm @returns {Vector | null} the voxel that holds the point */
  voxelAt(point) {
    const [i, j, k] = this.voxel(point)
    /** @type {Vector} */
    const nearest = [Math.round(i), Math.round(j), Math.round(k)]
    return this.holds(nearest) ? nearest : null
  }

  /** @param {Readonly<Vector>} voxel whole numbers */
  holds(voxel) {
    return voxel.every((value, axis) => value >= 0 && value < this.shape[axis])
  }

  /** @param {Readonly<Vector>} voxel @returns {number} place in the array, first axis fastest as in the file */
  index(voxel) {
    return voxel[0] + voxel[1] * this.strides[1] + voxel[2] * this.strides[2]
  }

  /** @param {number} index @returns {Vector} */
  voxelOf(index) {
    const k = Math.floor(index / this.strides[2])
    const rest = index - k * this.strides[2]
    const j = Math.floor(rest / this.strides[1])
    return [rest - j * this.strides[1], j, k]
  }

  /** @param {number} axis @returns {Vector} unit normal, LPS, of the slices across an array axis */
  normal(axis) {
    // the planes i = const have the gradient of i as normal, which is a row of the inverse
    const row = this.toVoxel[axis]
    const length = Math.hypot(row[0], row[1], row[2])
    return [row[0] / length, row[1] / length, row[2] / length]
  }
}

/**
 * Where a plane crosses a displayed slice.
 *
 * @param {Grid} grid of the displayed series
 * @param {number} axis array axis across which it is sliced
 * @param {number} slice
 * @param {Readonly<Vector>} point on the plane, LPS mm
 * @param {Readonly<Vector>} normal of the plane
 * @returns {[Vector, Vector] | null} the two ends, LPS mm; null where they do not meet
 */
export function crossing(grid, axis, slice, point, normal) {
  const [u, v] = [0, 1, 2].filter(a => a !== axis)
  const corner = (/** @type {number} */ p, /** @type {number} */ q) => {
    /** @type {Vector} */
    const voxel = [0, 0, 0]
    voxel[axis] = slice
    voxel[u] = p
    voxel[v] = q
    return grid.world(voxel)
  }
  const [width, height] = [grid.shape[u] - 0.5, grid.shape[v] - 0.5]
  const corners = [corner(-0.5, -0.5), corner(width, -0.5), corner(width, height), corner(-0.5, height)]
  const heights = corners.map(c => dot(subtract(c, point), normal))
  /** @type {Vector[]} */
  const ends = []
  corners.forEach((start, n) => {
    const end = corners[(n + 1) % 4]
    const [from, to] = [heights[n], heights[(n + 1) % 4]]
    if (from < 0 === to < 0) return
    const t = from / (from - to)
    ends.push([start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]), start[2] + t * (end[2] - start[2])])
  })
  return ends.length === 2 ? [ends[0], ends[1]] : null
}
