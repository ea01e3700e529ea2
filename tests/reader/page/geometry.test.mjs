// Voxels and millimetres: what the page computes itself, on straight, oblique and permuted grids.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Grid, crossing, inverse, product } from '../../../reader/page/geometry.js'

const OBLIQUE = [
  [0.1, -0.8, 0.3, 12],
  [0.7, 0.2, 0.9, -40],
  [-0.4, 0.5, 3.1, 8],
  [0, 0, 0, 1],
]
const near = (a, b, tolerance = 1e-9) => a.forEach((value, n) => assert.ok(Math.abs(value - b[n]) < tolerance, `${a} is not ${b}`))

test('an inverse undoes its transform', () => {
  product(inverse(OBLIQUE), OBLIQUE).forEach((row, r) => near(row, [0, 1, 2, 3].map(c => (r === c ? 1 : 0)), 1e-12))
})

test('a voxel goes to mm and back on an oblique grid', () => {
  const grid = new Grid([30, 20, 10], OBLIQUE)
  near(grid.voxel(grid.world([3.5, 7, 2.25])), [3.5, 7, 2.25])
})

test('a place in the array is the voxel it came from', () => {
  const grid = new Grid([7, 5, 3], OBLIQUE)
  for (let index = 0; index < grid.size; index++) assert.equal(grid.index(grid.voxelOf(index)), index)
})

test('a point outside the grid has no voxel', () => {
  const grid = new Grid([4, 4, 4], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
  assert.deepEqual(grid.voxelAt([3.4, 0, 0]), [3, 0, 0])
  assert.equal(grid.voxelAt([3.6, 0, 0]), null)
  assert.equal(grid.voxelAt([-0.6, 0, 0]), null)
})

test('the normal of slices is at right angles to both directions in them, also on a sheared grid', () => {
  const grid = new Grid([4, 4, 4], OBLIQUE)
  const [x, y, z] = grid.normal(2)
  for (const column of [0, 1]) {
    assert.ok(Math.abs(x * OBLIQUE[0][column] + y * OBLIQUE[1][column] + z * OBLIQUE[2][column]) < 1e-12)
  }
})

test('a plane crosses a slice where both hold the ends', () => {
  const grid = new Grid([10, 10, 10], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]])
  const ends = crossing(grid, 2, 3, [4, 0, 0], [1, 0, 0])
  near(ends.map(end => end[0]), [4, 4])
  near(ends.map(end => end[2]), [6, 6])
  assert.deepEqual(ends.map(end => end[1]).sort((a, b) => a - b), [-0.5, 9.5])
  assert.equal(crossing(grid, 2, 3, [40, 0, 0], [1, 0, 0]), null)
})
