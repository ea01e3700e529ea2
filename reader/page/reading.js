/**
 * One open case: its series, what the reader has drawn and said, and what changes. It knows no screen.
 *
 * Events: `cursor`, `marks` (detail: series that changed), `discs`, `findings`, `numbers`, `choice` (tool, region or
 * lesion), `lock`.
 *
 * @typedef {import('./geometry.js').Vector} Vector
 * @typedef {import('./nifti.js').Nifti} Nifti
 * @typedef {import('./findings.js').Findings} Findings
 *
 * @typedef {object} SeriesInfo as the server lists it
 * @property {string} series
 * @property {string} name
 * @property {string} file name in the study
 * @property {string} weighting
 * @property {string} plane
 * @property {string} frame
 * @property {[number, number, number]} shape
 * @property {[number, number, number]} spacing_mm
 * @property {number[][]} affine_lps
 * @property {string} url
 * @property {[number, number] | null} window
 * @property {string[]} roles
 *
 * @typedef {object} CaseInfo
 * @property {string} case
 * @property {string} participant
 * @property {string} session
 * @property {string} state
 * @property {boolean} locked
 * @property {number} [read_number]
 * @property {SeriesInfo[]} series
 * @property {Structure[]} structures
 * @property {{from: string, to: string, matrix_lps: number[][]}[]} links
 * @property {{discs: string, findings: string}} etags
 * @property {number[][]} centreline
 * @property {{code: string, message: string}[]} warnings
 * @property {string | null} prior
 *
 * @typedef {object} Structure what is drawn or proposed on a series
 * @property {string} region
 * @property {string} series
 * @property {'author' | 'auto'} from
 * @property {string} etag
 * @property {boolean} approved
 * @property {{label: number, rejected: boolean}[]} candidates proposed lesions
 *
 * @typedef {Record<string, Vector>} DiscPoints
 * @typedef {{lesions: Record<string, any>[], patient: Record<string, any>, problems?: any[]}} Numbers
 */

import { RequestFailed, fetchJson, requestFile, requestJson } from './api.js'
import { Grid, inverse, transform } from './geometry.js'
import { History } from './history.js'
import { USUAL } from './levels.js'
import { Mask } from './masks.js'
import { labelsOf, parse, tissueWindow, unpacked } from './nifti.js'

/** In which plane a series is shown, by the server's word for it; an isotropic one is cut along the cord.
 * @type {Record<string, 'sagittal' | 'coronal' | 'axial'>} */
const PLANES = { sag: 'sagittal', ax: 'axial', cor: 'coronal', iso: 'sagittal' }

/** A series of the case: where its voxels lie, and its voxels once they are here. */
export class Series {
  /** @param {SeriesInfo} info */
  constructor(info) {
    this.info = info
    this.id = info.series
    this.grid = new Grid(info.shape, info.affine_lps)
    /** @type {Nifti | null} */
    this.image = null
    /** @type {[number, number]} */
    this.window = [0, 1]
  }

  /** @type {Promise<Nifti> | null} */ #loading = null

  /** @returns {Promise<Nifti>} the voxels, fetched once */
  load() {
    this.#loading ??= this.#fetch()
    return this.#loading
  }

  async #fetch() {
    const { bytes } = await requestFile(this.info.url.replace(/^\/api\//, ''))
    const image = parse(await unpacked(bytes))
    if (image.shape.some((size, axis) => size !== this.grid.shape[axis])) {
      throw new Error('the image is not the one the case was opened with; open the case again')
    }
    this.image = image
    this.window = this.info.window ?? tissueWindow(image)
    return image
  }

  get plane() {
    return PLANES[this.info.plane] ?? 'sagittal'
  }
}

export class Reading extends EventTarget {
  /** @param {string} id @returns {Promise<Reading>} */
  static async open(id) {
    // the case first: what is asked of it before may meet the state of an earlier opening
    const info = await requestJson(`cases/${id}`)
    const [discs, findings] = await Promise.all([
      requestElse(`cases/${id}/discs`, { points: {} }),
      requestElse(`cases/${id}/findings`, {}),
    ])
    const reading = new Reading(info)
    reading.discs.points = discs.body.points ?? {}
    reading.discs.etag = discs.etag
    reading.discs.scheme = discs.body.scheme ?? USUAL
    reading.discs.from = discs.body.from ?? ''
    reading.findings = { ...reading.findings, ...findings.body }
    reading.findingsEtag = findings.etag
    return reading
  }

  /** @param {CaseInfo} info */
  constructor(info) {
    super()
    this.info = info
    this.id = info.case
    this.locked = info.locked
    /** @type {Map<string, Series>} */
    this.series = new Map(info.series.map(entry => [entry.series, new Series(entry)]))
    /** @type {Map<string, Mask>} what the reader drew */
    this.masks = new Map()
    /** @type {Map<string, Mask>} what the program proposes, where the reader has not drawn */
    this.proposals = new Map()
    /** @type {Map<string, Mask>} what another reader drew, while the two are compared */
    this.theirs = new Map()
    /** @type {{points: DiscPoints, etag: string, revision: number, from: string, scheme: import('./levels.js').Scheme}} */
    this.discs = { points: {}, etag: '', revision: 0, from: '', scheme: USUAL }
    /** @type {Findings} */
    this.findings = { lesions: {}, patient: {}, approvals: [] }
    this.findingsEtag = ''
    this.findingsRevision = 0
    /** @type {Numbers} */
    this.numbers = { lesions: [], patient: {} }
    /** @type {Set<string>} proposed lesions that were refused, as region/series/label */
    this.rejected = new Set(
      info.structures.flatMap(({ region, series, candidates }) =>
        candidates.filter(one => one.rejected).map(one => `${region}/${series}/${one.label}`)),
    )
    /** @type {Set<number>} numbers of lesions that are being grown */
    this.reserved = new Set()
    this.history = new History()
    /** @type {{point: Vector, frame: string}} */
    this.cursor = { point: [0, 0, 0], frame: info.series[0]?.frame ?? '' }
    this.choice = { tool: 'crosshair', region: 'enhancing', lesion: 1, brush_mm: 3, ball: false, insideCord: true }
    this.display = { hidden: new Set(/** @type {string[]} */ ([])), opacity: 0.3, proposals: true, outline: false }
  }

  /** @param {string} name @param {unknown} [detail] */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  /** @param {Partial<Reading['choice']>} chosen */
  choose(chosen) {
    Object.assign(this.choice, chosen)
    this.tell('choice')
  }

  /** Fetch every mask of a series: the reader's own, and the program's where there is none. @param {Series} series */
  async loadMasks(series) {
    const listed = this.info.structures.filter(structure => structure.series === series.id)
    await Promise.all(listed.flatMap(({ region, from, candidates }) => [
      ...(from === 'author' ? [this.#loadElseWarn(series, region, false)] : []),
      ...(from === 'auto' || candidates.length ? [this.#loadElseWarn(series, region, true)] : []),
    ]))
    this.tell('marks', series.id)
  }

  /**
   * One mask that cannot be shown stops no case. It is not written over unseen: whoever draws in its place is asked.
   *
   * @param {Series} series
   * @param {string} region
   * @param {boolean} proposed
   */
  async #loadElseWarn(series, region, proposed) {
    try {
      await this.#loadMask(series, region, proposed)
    } catch (failure) {
      if (failure instanceof RequestFailed && failure.status === 0) throw failure
      const why = failure instanceof Error ? failure.message : String(failure)
      this.info.warnings.unshift({ code: 'mask_unreadable', message: `${region} on ${series.info.name} is not shown: ${why}` })
      this.tell('lock')
    }
  }

  /** @param {Series} series @param {string} region @param {boolean} proposed */
  async #loadMask(series, region, proposed) {
    const { labels, etag } = await this.fetchLabels(region, series.id, proposed)
    const mask = new Mask(region, series.id, series.grid.size)
    mask.take(labels, proposed ? '' : etag)
    const kept = proposed ? this.proposals : this.masks
    kept.set(mask.key, mask)
  }

  /**
   * @param {string} region
   * @param {string} series
   * @param {boolean} [proposed] the program's, not the reader's own
   * @param {string} [author] another reader's, once both have signed
   * @returns {Promise<{labels: Uint8Array, etag: string}>}
   */
  async fetchLabels(region, series, proposed = false, author = '') {
    const query = author ? `?author=${encodeURIComponent(author)}` : proposed ? '?proposed=true' : ''
    const { bytes, etag } = await requestFile(`cases/${this.id}/masks/${region}/${series}.nii.gz${query}`)
    return { labels: labelsOf(parse(await unpacked(bytes))), etag }
  }

  /**
   * The mask a tool draws in; begun from the proposal where the reader has none of a structure that is one whole.
   *
   * @param {string} region
   * @param {Series} series
   */
  ownMask(region, series) {
    const key = `${region}/${series.id}`
    const own = this.masks.get(key)
    if (own) return own
    const made = new Mask(region, series.id, series.grid.size)
    const proposed = this.proposals.get(key)
    // lesions are accepted one by one; cord and canal are corrected where the proposal is wrong
    if (proposed && !isLesionRegion(region)) made.labels.set(proposed.labels)
    this.masks.set(key, made)
    return made
  }

  /** @param {string} region @param {Series} series @returns {Mask | undefined} own, else proposed */
  shownMask(region, series) {
    const key = `${region}/${series.id}`
    return this.masks.get(key) ?? this.proposals.get(key)
  }

  /**
   * Whether the reader has refused a proposed lesion, or has drawn where it lies.
   *
   * @param {Mask} proposal
   * @param {number} label
   */
  isDecided(proposal, label) {
    if (this.rejected.has(`${proposal.key}/${label}`)) return true
    return this.#drawnOver(proposal).has(label)
  }

  /** @type {WeakMap<Mask, {version: number, labels: Set<number>}>} */ #over = new WeakMap()

  /** @param {Mask} proposal @returns {Set<number>} its lesions that the reader's mask touches */
  #drawnOver(proposal) {
    const own = this.masks.get(proposal.key)
    if (!own) return new Set()
    const known = this.#over.get(proposal)
    if (known && known.version === own.version) return known.labels
    const labels = new Set([...proposal.places].filter(place => own.labels[place]).map(place => proposal.labels[place]))
    this.#over.set(proposal, { version: own.version, labels })
    return labels
  }

  /** Labels of lesions that the reader has drawn. @returns {number[]} */
  get lesionLabels() {
    const labels = new Set([...this.masks.values()].filter(mask => isLesionRegion(mask.region)).flatMap(m => m.present))
    return [...labels].sort((a, b) => a - b)
  }

  get nextLesion() {
    return Math.max(0, ...this.lesionLabels, ...this.reserved) + 1
  }

  /**
   * Record a change of a mask that has just been made, so that it is shown, saved and can be undone.
   *
   * @param {Mask} mask
   * @param {import('./masks.js').Change | null} change
   * @param {string} name
   */
  record(mask, change, name) {
    if (!change) return
    const put = (/** @type {'before' | 'after'} */ side) => {
      mask.put(change, side)
      this.tell('marks', mask.series)
    }
    this.history.push({ name, undo: () => put('before'), redo: () => put('after') })
    this.tell('marks', mask.series)
  }

  /** @param {DiscPoints} points @param {string} name what was done @param {import('./levels.js').Scheme} [scheme] */
  setDiscs(points, name, scheme = this.discs.scheme) {
    const before = { points: this.discs.points, scheme: this.discs.scheme, from: this.discs.from }
    const after = { points, scheme, from: '' }
    const put = (/** @type {typeof before} */ value) => {
      Object.assign(this.discs, value)
      this.discs.revision += 1
      this.tell('discs')
    }
    put(after)
    this.history.push({ name, undo: () => put(before), redo: () => put(after) })
  }

  /** @param {Findings} findings */
  setFindings(findings) {
    this.findings = findings
    this.findingsRevision += 1
    this.tell('findings')
  }

  /** @param {Numbers | undefined} numbers */
  setNumbers(numbers) {
    if (!numbers) return
    this.numbers = numbers
    this.tell('numbers')
  }

  /** @param {Vector} point LPS mm @param {Series} series whose frame it is in */
  setCursor(point, series) {
    this.cursor = { point, frame: series.info.frame }
    this.tell('cursor')
  }

  /** @param {Series} series @returns {Vector | null} the cursor in the frame of a series; null where no link is known */
  cursorIn(series) {
    return this.carry(this.cursor.point, this.cursor.frame, series.info.frame)
  }

  /**
   * A point in another frame of reference.
   *
   * @param {Vector} point LPS mm
   * @param {string} from
   * @param {string} to
   * @returns {Vector | null} null where no transform between the frames is known: they are never guessed together
   */
  carry(point, from, to) {
    if (from === to) return point
    for (const link of this.info.links) {
      if (link.from === from && link.to === to) return transform(link.matrix_lps, point)
      if (link.from === to && link.to === from) return transform(inverse(link.matrix_lps), point)
    }
    return null
  }

  /** Show another reader's marks beside the own ones, or none any more. @param {readonly Mask[]} masks */
  compareWith(masks) {
    this.theirs = new Map(masks.map(mask => [mask.key, mask]))
    for (const series of this.series.keys()) this.tell('marks', series)
  }

  /** @param {boolean} locked @param {string} state */
  setState(locked, state) {
    this.locked = locked
    this.info.state = state
    this.tell('lock')
  }
}

/** @param {string} region */
export const isLesionRegion = region => region === 'enhancing' || region === 't2hyper'

/** @param {string} path @param {any} otherwise @returns {Promise<{body: any, etag: string}>} */
async function requestElse(path, otherwise) {
  try {
    return await fetchJson(path)
  } catch (failure) {
    if (failure instanceof RequestFailed && failure.status === 404) return { body: otherwise, etag: '' }
    throw failure
  }
}
