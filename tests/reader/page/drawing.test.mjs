// Brush, lasso, masks and undo: what is drawn, in mm, and how it is taken back.
import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { test } from 'node:test'
import { inside, stroke } from '../../../reader/page/brush.js'
import { Grid } from '../../../reader/page/geometry.js'
import { History } from '../../../reader/page/history.js'
import { Mask, Stroke, markedPlaces } from '../../../reader/page/masks.js'

// sagittal slices of 3.3 mm: array axes are A-P, S-I, R-L
const SAGITTAL = new Grid([40, 40, 9], [[0, 0, 3.3, -13], [0.5, 0, 0, -10], [0, -0.5, 0, 10], [0, 0, 0, 1]])
const within = (grid, places, centre, radius) =>
  places.every(place => Math.hypot(...grid.world(grid.voxelOf(place)).map((v, n) => v - centre[n])) <= radius + 1e-9)

test('a ball covers every voxel within its radius and no other', () => {
  const centre = SAGITTAL.world([20, 20, 4])
  const covered = stroke(SAGITTAL, centre, centre, 4, null)
  let expected = 0
  for (let n = 0; n < SAGITTAL.size; n++) if (within(SAGITTAL, [n], centre, 4)) expected += 1
  assert.equal(covered.length, expected)
  assert.ok(within(SAGITTAL, covered, centre, 4))
  assert.ok(new Set(covered.map(place => SAGITTAL.voxelOf(place)[2])).size === 3)
})

test('a brush in one slice stays in it, also from a point between slices', () => {
  const between = SAGITTAL.world([20, 20, 4.4])
  const covered = stroke(SAGITTAL, between, between, 3, { axis: 2, slice: 4 })
  assert.ok(covered.length > 100)
  assert.deepEqual([...new Set(covered.map(place => SAGITTAL.voxelOf(place)[2]))], [4])
})

test('a quick stroke leaves no gap between its points', () => {
  const covered = new Set(stroke(SAGITTAL, SAGITTAL.world([5, 20, 4]), SAGITTAL.world([35, 20, 4]), 1, { axis: 2, slice: 4 }))
  for (let i = 5; i <= 35; i++) assert.ok(covered.has(SAGITTAL.index([i, 20, 4])))
})

test('a brush smaller than a voxel marks the voxel it touches', () => {
  const point = SAGITTAL.world([20.3, 20.2, 4])
  assert.deepEqual(stroke(SAGITTAL, point, point, 0.05, { axis: 2, slice: 4 }), [SAGITTAL.index([20, 20, 4])])
})

test('a lasso takes what it encloses by the even-odd rule', () => {
  const corner = (i, j) => SAGITTAL.world([i, j, 4])
  const outline = [corner(9.5, 9.5), corner(19.5, 9.5), corner(19.5, 14.5), corner(9.5, 14.5)]
  assert.equal(inside(SAGITTAL, outline, { axis: 2, slice: 4 }).length, 50)
  assert.deepEqual(inside(SAGITTAL, outline.slice(0, 2), { axis: 2, slice: 4 }), [])
})

test('a stroke over itself is taken back as a whole', () => {
  const mask = new Mask('t2hyper', 's1', SAGITTAL.size)
  mask.set([1, 2], 7)
  const drawn = new Stroke()
  drawn.add(mask, [2, 3], 1)
  drawn.add(mask, [3, 4], 0)
  drawn.add(mask, [4], 1)
  const change = drawn.finish(mask)
  mask.put(change, 'before')
  assert.deepEqual([...mask.labels.slice(0, 6)], [0, 7, 7, 0, 0, 0])
  mask.put(change, 'after')
  assert.deepEqual([...mask.labels.slice(0, 6)], [0, 7, 1, 0, 1, 0])
  assert.deepEqual(mask.present, [1, 7])
})

test('undo and redo have no end, and a new step ends the redoing', () => {
  const history = new History()
  let value = 0
  for (let n = 1; n <= 100; n++) history.push({ name: String(n), undo: () => (value = n - 1), redo: () => (value = n) })
  for (let n = 0; n < 100; n++) history.undo()
  assert.equal(value, 0)
  assert.equal(history.undo(), null)
  for (let n = 0; n < 60; n++) history.redo()
  assert.equal(value, 60)
  history.push({ name: 'new', undo: () => (value = 60), redo: () => (value = -1) })
  assert.equal(history.redo(), null)
  assert.deepEqual(history.counts, { undo: 61, redo: 0 })
})

test('a part of a mask is unpacked where the server says, last axis fastest', async () => {
  const values = Uint8Array.from([1, 0, 0, 1, 0, 0, 0, 1])
  const data = deflateSync(values).toString('base64')
  const places = await markedPlaces({ box: [1, 2, 3, 3, 4, 5], data }, SAGITTAL)
  assert.deepEqual(places.map(place => SAGITTAL.voxelOf(place)), [[1, 2, 3], [1, 3, 4], [2, 3, 4]])
})
