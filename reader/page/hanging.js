/**
 * Which series hang in which layout, by what they are for.
 *
 * @typedef {import('./reading.js').Series} Series
 */

const SAGITTAL_T2 = ['t2_sag', 'stir_sag', 'iso3d']
const SAGITTAL_T1 = ['t1_sag_pre']
const SAGITTAL_GD = ['t1_sag_gd']
const AXIAL = ['t1_ax_gd', 't2_ax', 't1_ax_pre', 'gre_ax']

/** For each layout the places, and for each place the roles it is for, the best first. */
const LAYOUTS = {
  1: [SAGITTAL_T2, SAGITTAL_T1, SAGITTAL_GD, AXIAL],
  2: [SAGITTAL_T2, SAGITTAL_GD],
  3: [['t2_ax'], ['t1_ax_gd', 't1_ax_pre'], ['gre_ax'], SAGITTAL_T2],
}

/**
 * @param {readonly Series[]} all
 * @param {number} layout 1 all, 2 sagittal pair, 3 axial, 4 one picture
 * @param {Series | null} active shown alone in layout 4
 * @returns {Series[]} at most four, each once
 */
export function hang(all, layout, active) {
  if (layout === 4) return [active ?? all[0]].filter(Boolean)
  /** @type {Series[]} */
  const hung = []
  for (const roles of LAYOUTS[/** @type {1 | 2 | 3} */ (layout)] ?? LAYOUTS[1]) {
    const found = roles
      .map(role => all.find(series => series.info.roles.includes(role) && !hung.includes(series)))
      .find(series => series !== undefined)
    if (found) hung.push(found)
  }
  // what has no role of the layout is better seen than hidden
  const spare = layout === 2 ? [] : all.filter(series => !hung.includes(series))
  const places = layout === 2 ? 2 : 4
  return [...hung, ...spare].slice(0, Math.max(places, 1))
}
