// The rules of the form, levels along the cord, keys and hanging: as the command line has them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, derived, forced, open } from '../../../reader/page/findings.js'
import { hang } from '../../../reader/page/hanging.js'
import { pressed, stepIn } from '../../../reader/page/keys.js'
import { LevelAxis, levelName } from '../../../reader/page/levels.js'
import { agreed, differing } from '../../../reader/page/others.js'
import { extentText } from '../../../reader/page/sidebar.js'
import { words } from '../../../reader/page/wording.js'

const item = given => ({
  scope: 'lesion', kind: 'code', definition: '', codes: ['no', 'yes'], labels: [], unit: '', minimum: null, maximum: null, step: null,
  needs: [], inapplicable_if: {}, yes_if_any: [], suggested: false, required: true, required_in_follow_up: true, ...given,
})
const PATTERN = item({ name: 'enhancement_pattern', codes: ['absent', 'homogeneous', 'ring'], needs: ['t1_sag_gd', 't1_ax_gd'] })
const RIM = item({ name: 'rim_sign', codes: ['absent', 'present'], inapplicable_if: { enhancement_pattern: ['absent', 'ring'] }, needs: ['t1_sag_gd'] })
const EXTENT = item({ name: 'rim_sign_extent', codes: ['partial', 'complete'], inapplicable_if: { rim_sign: ['absent', 'not_applicable'] } })
const SHEET = item({ name: 'series_t1_sag_gd', scope: 'study_sheet' })
const ITEMS = [PATTERN, RIM, EXTENT, SHEET]
const said = value => ({ value, source: 'reader' })

test('ring excludes rim, and what follows from rim too', () => {
  const before = { lesions: { 1: { rim_sign: said('present') } }, patient: {}, approvals: [] }
  const after = answered(before, '1', 'enhancement_pattern', said('ring'), ITEMS)
  assert.equal(after.lesions['1'].rim_sign.value, 'not_applicable')
  assert.equal(after.lesions['1'].rim_sign_extent.value, 'not_applicable')
  const again = answered(after, '1', 'enhancement_pattern', said('homogeneous'), ITEMS)
  assert.equal(again.lesions['1'].rim_sign, undefined)
})

test('without gadolinium the pattern is not assessable, for that reason', () => {
  const sheet = { series_t1_sag_gd: said('no'), series_t1_ax_gd: said('no') }
  assert.deepEqual(
    { value: forced(PATTERN, {}, sheet)?.value, reason: forced(PATTERN, {}, sheet)?.na_reason },
    { value: 'not_assessable', reason: 'sequence_missing' },
  )
  assert.equal(forced(PATTERN, {}, { ...sheet, series_t1_ax_gd: said('yes') }), null)
  assert.equal(forced(RIM, {}, { quality_t1_sag_gd: said(1) })?.na_reason, 'artefact')
})

test('a derived item is yes by one part, no only by all, and unread before', () => {
  const whole = item({ name: 'whole', yes_if_any: ['a', 'b'] })
  assert.equal(derived(whole, { a: said('yes') }), 'yes')
  assert.equal(derived(whole, { a: said('no') }), null)
  assert.equal(derived(whole, { a: said('no'), b: said('no') }), 'no')
  assert.equal(derived(whole, { a: said('no'), b: said('not_assessable') }), 'not_assessable')
  assert.equal(derived(whole, { a: said('contact'), b: said('not_assessable') }), 'yes')
})

test('a suggestion nobody confirmed is still open, but not on the study sheet', () => {
  const findings = { lesions: { 1: { enhancement_pattern: { value: 'ring', source: 'suggested' } } }, patient: { series_t1_sag_gd: { value: 'yes', source: 'suggested' } }, approvals: [] }
  assert.deepEqual(open(findings, [PATTERN, SHEET], [1]).map(({ of, item }) => `${of} ${item.name}`), ['1 enhancement_pattern'])
})

const DISCS = ['FM', 'C1-C2', 'C2-C3', 'C3-C4', 'C4-C5']
const LINE = Array.from({ length: 11 }, (_, n) => [0, 0, 100 - 10 * n, 10 * n])

test('the level of a point lies between the discs around it, and none is made up beyond them', () => {
  const axis = new LevelAxis(LINE, { 'C2-C3': [20, 0, 80], 'C3-C4': [20, 0, 60] }, DISCS)
  assert.equal(axis.level([3, 0, 70]), 3.5)
  assert.equal(axis.level([3, 0, 85]), null)
  assert.deepEqual(axis.pointAt(3.5), [0, 0, 70])
  assert.equal(axis.pointAt(5), null)
  assert.equal(levelName(3.5, ['C1', 'C2', 'C3']), 'C3 (middle third)')
})

test('between the foramen magnum and C2-C3 there is no level where C1-C2 is not marked', () => {
  const axis = new LevelAxis(LINE, { FM: [0, 0, 95], 'C2-C3': [0, 0, 75] }, DISCS)
  assert.equal(axis.level([0, 0, 85]), null)
})

test('a key is named by what is pressed with it', () => {
  const key = given => pressed({ key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given })
  assert.equal(key({ key: 'Z' }), 'z')
  assert.equal(key({ key: 'ArrowUp', shiftKey: true, ctrlKey: true }), 'Ctrl+Shift+ArrowUp')
  assert.equal(key({ key: '?', shiftKey: true }), '?')
  assert.equal(key({ key: '¡', code: 'Digit1', altKey: true }), 'Alt+1')
  assert.equal(key({ key: 's', metaKey: true }), 'Ctrl+s')
})

test('arrows go round inside a group of choices, and other keys leave it alone', () => {
  const way = names => names.reduce((at, name) => stepIn(name, at, 4), 1)
  assert.equal(way(['ArrowRight', 'ArrowDown', 'ArrowRight']), 0)
  assert.equal(way(['ArrowLeft', 'ArrowUp']), 3)
  assert.equal(way(['Home']), 0)
  assert.equal(way(['End']), 3)
  assert.equal(stepIn('Shift+ArrowRight', 1, 4), null)
  assert.equal(stepIn('PageDown', 1, 4), null)
  assert.equal(stepIn('ArrowRight', -1, 4), null)
})

test('each layout hangs what it is for, each series once', () => {
  const series = roles => ({ info: { roles } })
  const [t2, t1, gd, axial, gre] = [['t2_sag'], ['t1_sag_pre'], ['t1_sag_gd'], ['t2_ax'], ['gre_ax']].map(series)
  assert.deepEqual(hang([gre, axial, t1, gd, t2], 1, null), [t2, t1, gd, axial])
  assert.deepEqual(hang([gre, axial, t1, gd, t2], 2, null), [t2, gd])
  assert.deepEqual(hang([gre, axial, t1, gd, t2], 3, null), [axial, gre, t2, t1])
  assert.deepEqual(hang([gre, axial], 4, axial), [axial])
  assert.equal(new Set(hang([gre, t2], 1, null)).size, 2)
})

test('codes are written in words, but a level stays a level', () => {
  assert.equal(words('t1_signal'), 'T1 signal')
  assert.equal(words('enh_ap_mm_reader'), 'enhancement AP (mm) by eye')
  assert.equal(words('T1-T2'), 'T1-T2')
})

test('two readers differ where their answers do, not in the order of a list', () => {
  const mine = { position: said('central'), artefacts: said(['motion', 'metal']), rim_sign: said('present') }
  const theirs = { position: said('eccentric'), artefacts: said(['metal', 'motion']) }
  assert.deepEqual(differing(mine, theirs), [
    { name: 'position', a: 'central', b: 'eccentric' },
    { name: 'rim_sign', a: 'present', b: '–' },
  ])
})

test('a consensus begins with what all readers answered alike, and with nothing else', () => {
  const one = { position: said('central'), artefacts: said(['motion', 'metal']), rim_sign: said('present'), flame_sign: { value: null } }
  const two = { position: { ...said('central'), confidence: 1 }, artefacts: said(['metal', 'motion']), rim_sign: said('absent'), flame_sign: { value: null } }
  assert.deepEqual(agreed([one, two]), { position: said('central'), artefacts: said(['motion', 'metal']) })
  assert.deepEqual(agreed([one, {}]), {})
  assert.deepEqual(agreed([]), {})
})

test('an extent of nothing is a dash, and one without levels has no empty brackets', () => {
  assert.equal(extentText({ t2_seg_frac: 0, t2_levels: '' }, 't2'), '–')
  assert.equal(extentText({ t2_seg_frac: 0.94, t2_levels: 'T4' }, 't2'), '0.9 (T4)')
  assert.equal(extentText({ enh_seg_frac: 0.4, enh_levels: null }, 'enh'), '0.4')
  assert.equal(extentText(undefined, 'enh'), '')
})
