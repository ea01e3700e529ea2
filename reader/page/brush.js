/**
 * Which voxels a brush, an eraser or a lasso covers: in mm, whatever the grid.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./geometry.js').Grid} Grid
 */

import { dot, subtract } from './geometry.js'

/**
 * Voxels whose centre lies within a radius of a line.
 *
 * @param {Grid} grid
 * @param {Readonly<Vector>} from one end, LPS mm
 * @param {Readonly<Vector>} to the other
 * @param {number} radius_mm
 * @param {{axis: number, slice: number} | null} plane only voxels of this slice; null for a ball that moves
 * @returns {number[]} places in the array
 */
export function stroke(grid, from, to, radius_mm, plane) {
  const along = subtract(to, from)
  const length2 = dot(along, along)
  const reach = within(grid, [from, to], radius_mm, plane)
  /** @type {number[]} */
  const covered = []
  // in one slice the distance across it does not count: a stroke is drawn on what is seen
  const normal = plane ? grid.normal(plane.axis) : null
  walk(reach, voxel => {
    const offset = subtract(grid.world(voxel), from)
    const t = length2 ? Math.min(1, Math.max(0, dot(offset, along) / length2)) : 0
    /** @type {Vector} */
    const away = [offset[0] - t * along[0], offset[1] - t * along[1], offset[2] - t * along[2]]
    const across = normal ? dot(away, normal) : 0
    if (dot(away, away) - across * across <= radius_mm * radius_mm) covered.push(grid.index(voxel))
  })
  if (!covered.length) {
    // a brush smaller than a voxel still marks the voxel it touches
    const touched = grid.voxelAt(to)
    if (touched) {
      if (plane) touched[plane.axis] = plane.slice
      covered.push(grid.index(touched))
    }
  }
  return covered
}

/**
 * Voxels of one slice inside a closed line.
 *
 * @param {Grid} grid
 * @param {readonly Readonly<Vector>[]} outline LPS mm
 * @param {{axis: number, slice: number}} plane
 * @returns {number[]} places in the array
 */
export function inside(grid, outline, plane) {
  const [u, v] = [0, 1, 2].filter(axis => axis !== plane.axis)
  const corners = outline.map(point => grid.voxel(point)).map(voxel => [voxel[u], voxel[v]])
  if (corners.length < 3) return []
  /** @type {number[]} */
  const covered = []
  walk(within(grid, outline, 0, plane), voxel => {
    if (encloses(corners, voxel[u], voxel[v])) covered.push(grid.index(voxel))
  })
  return covered
}

/** @param {readonly number[][]} corners @param {number} x @param {number} y @returns {boolean} by the even-odd rule */
function encloses(corners, x, y) {
  let odd = false
  corners.forEach(([x1, y1], n) => {
    const [x2, y2] = corners[(n + corners.length - 1) % corners.length]
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd
  })
  return odd
}

/**
 * @param {Grid} grid
 * @param {readonly Readonly<Vector>[]} points
 * @param {number} margin_mm
 * @param {{axis: number, slice: number} | null} plane
 * @returns {[Vector, Vector]} first and last voxel of the box around the points
 */
function within(grid, points, margin_mm, plane) {
  const voxels = points.map(point => grid.voxel(point))
  /** @type {Vector} */
  const low = [0, 0, 0]
  /** @type {Vector} */
  const high = [0, 0, 0]
  for (let axis = 0; axis < 3; axis++) {
    const row = grid.toVoxel[axis]
    const margin = margin_mm * Math.hypot(row[0], row[1], row[2])
    const along = voxels.map(voxel => voxel[axis])
    low[axis] = Math.max(0, Math.ceil(Math.min(...along) - margin))
    high[axis] = Math.min(grid.shape[axis] - 1, Math.floor(Math.max(...along) + margin))
    if (plane?.axis === axis) low[axis] = high[axis] = plane.slice
  }
  return [low, high]
}

/** @param {readonly [Vector, Vector]} box @param {(voxel: Vector) => void} visit */
function walk([low, high], visit) {
  for (let k = low[2]; k <= high[2]; k++) {
    for (let j = low[1]; j <= high[1]; j++) {
      for (let i = low[0]; i <= high[0]; i++) visit([i, j, k])
    }
  }
}
