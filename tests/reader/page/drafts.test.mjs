// What is kept in the browser until it is saved: whole, small, and gone once it is saved.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Drafts, labelsOfRuns, runsOf, sameSaid } from '../../../reader/page/drafts.js'
import { Grid } from '../../../reader/page/geometry.js'
import { Mask } from '../../../reader/page/masks.js'
import { Reading } from '../../../reader/page/reading.js'
import { Saver } from '../../../reader/page/saving.js'

globalThis.window ??= { setTimeout: () => 0 }
globalThis.navigator ??= {}
const UNIT = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
const info = file => ({ series: 's1', name: 'sag T2', file, weighting: 'T2', plane: 'sag', frame: 'f1', shape: [6, 5, 4], spacing_mm: [1, 1, 1], affine_lps: UNIT, url: '', window: null, roles: [] })

function storage() {
  const held = {}
  for (const [name, act] of Object.entries({
    setItem: (key, value) => { held[key] = value },
    getItem: key => held[key] ?? null,
    removeItem: key => { delete held[key] },
  })) Object.defineProperty(held, name, { value: act })
  return held
}

function opened(kept, { file = 'a', reader = 'AB', participant = 'P1' } = {}) {
  const reading = new Reading({
    case: 'c1', participant, session: '01', state: 'in_work', locked: false, series: [info(file)], structures: [], links: [],
    etags: { discs: '', findings: '' }, centreline: [], warnings: [], prior: null,
  })
  const saver = new Saver(reading)
  const drafts = new Drafts(reading, saver, { study: 'secret folder', reader }, kept)
  for (const name of ['marks', 'discs', 'findings']) reading.addEventListener(name, () => drafts.keep())
  saver.addEventListener('change', () => drafts.keep())
  return { reading, saver, drafts, series: reading.series.get('s1') }
}

const draw = ({ reading, series }, places, label = 1) => {
  const mask = reading.ownMask('cyst', series)
  reading.record(mask, mask.set(places, label), 'brush')
  return mask
}

test('runs give every label back, whatever was drawn', () => {
  const size = new Grid([6, 5, 4], UNIT).size
  let seed = 7
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  for (let round = 0; round < 200; round++) {
    const mask = new Mask('cyst', 's1', size)
    const density = random()
    for (let n = 0; n < size; n++) if (random() < density) mask.labels[n] = 1 + Math.floor(random() * 3)
    mask.version += 1
    assert.deepEqual(labelsOfRuns(runsOf(mask), size), mask.labels)
  }
})

test('a stroke is kept at once, under no name of a folder, and forgotten once it is saved', () => {
  const kept = storage()
  const page = opened(kept)
  draw(page, [1, 2, 3])
  const [name] = Object.keys(kept)
  assert.match(name, /^iscm-draft\|[0-9a-f]+\|AB\|P1_01\|[^|]+\|cyst\/s1$/)
  assert.deepEqual(JSON.parse(kept[name]).mask.runs, [1, 3, 1])
  page.saver.settled('cyst/s1')
  assert.deepEqual(Object.keys(kept), [])
})

test('what a closed page has left is offered to the same case of the same reader only, and comes back as a change', async () => {
  const kept = storage()
  const before = opened(kept)
  before.reading.ownMask('cyst', before.series).etag = 'e1'
  draw(before, [1, 2, 3])
  draw(before, [40, 41], 2)
  assert.deepEqual(await opened(kept, { reader: 'CD' }).drafts.left(), [])
  assert.deepEqual(await opened(kept, { participant: 'P2' }).drafts.left(), [])
  const after = opened(kept)
  const left = await after.drafts.left()
  assert.equal(left.length, 1)
  after.drafts.restore(left[0])
  const mask = after.reading.masks.get('cyst/s1')
  assert.deepEqual([...mask.places], [1, 2, 3, 40, 41])
  assert.equal(mask.etag, 'e1')
  assert.equal(after.saver.state, 'unsaved')
  assert.deepEqual(await after.drafts.left(), [])
  after.reading.history.undo()
  assert.deepEqual([...mask.places], [])
})

test('what reached the server after all is not offered', async () => {
  const kept = storage()
  draw(opened(kept), [1, 2, 3])
  const after = opened(kept)
  after.reading.ownMask('cyst', after.series).take(labelsOfRuns([1, 3, 1], after.series.grid.size), 'e2')
  assert.deepEqual(await after.drafts.left(), [])
  assert.deepEqual(Object.keys(kept), [])
})

test('a mask of a series that has another name or grid now is kept and never put on it', async () => {
  const kept = storage()
  draw(opened(kept), [1, 2, 3])
  const after = opened(kept, { file: 'b' })
  const left = await after.drafts.left()
  assert.equal(after.drafts.seriesOf(left[0].draft), undefined)
  after.drafts.restore(left[0])
  assert.equal(after.reading.masks.size, 0)
  assert.equal(Object.keys(kept).length, 1)
  after.drafts.discard(left)
  assert.deepEqual(Object.keys(kept), [])
})

test('of two closed pages the later version is offered, and the earlier one stays', async () => {
  const kept = storage()
  draw(opened(kept), [1])
  await new Promise(done => setTimeout(done, 5))
  draw(opened(kept), [1, 2])
  const after = opened(kept)
  const [left] = await after.drafts.left()
  assert.deepEqual(left.draft.mask.runs, [1, 2, 1])
  after.drafts.restore(left)
  assert.equal((await after.drafts.left()).length, 1)
})

test('a browser that keeps nothing stops nobody', () => {
  const full = storage()
  const page = opened(full)
  Object.defineProperty(page.drafts, 'storage', { value: { ...full, setItem: () => { throw new Error('full') }, removeItem: () => {} } })
  draw(page, [1])
  assert.equal(page.saver.state, 'unsaved')
})

test('the same is said where only what the server enters differs', () => {
  const said = (patient, more = {}) => ({ lesions: {}, patient, approvals: [], ...more })
  const yes = { value: 'yes', source: 'reader' }
  assert.ok(sameSaid(said({ a: yes }), said({ a: { ...yes, suggestion_seen: true, comment: null } })))
  assert.ok(sameSaid(said({ a: yes }), said({ a: yes, b: { value: null } }, { lesions: { 1: {} } })))
  assert.ok(!sameSaid(said({ a: yes }), said({ a: { ...yes, comment: 'x' } })))
  assert.ok(!sameSaid(said({ a: yes }), said({ a: yes }, { record: { comment: 'x' } })))
  assert.ok(!sameSaid(said({}, { lesions: { 1: { a: yes } } }), said({})))
})
