/** How codes of the vocabulary are written on the screen; the codes themselves stay what the tables have. */

const TITLES = /** @type {Record<string, string>} */ ({
  n_lesions: 'number of lesions',
  iscm_confidence: 'certainty of ISCM',
  noncord_cns_spinal_mets: 'other CNS or spinal metastases',
  primary_or_noncns_mets: 'primary or non-CNS metastases',
  t2hyper: 'T2 hyperintensity',
  enhancing: 'enhancing lesion',
  gre_ax: 'axial GRE',
  field_strength_t: 'field strength (T)',
  untouched: 'not begun',
  in_work: 'in work',
})
const TOKENS = /** @type {Record<string, string>} */ ({
  ap: 'AP',
  ax: 'axial',
  csf: 'CSF',
  enh: 'enhancement',
  gd: '+ Gd',
  gre: 'GRE',
  iscm: 'ISCM',
  iso3d: '3D',
  l6: 'L6',
  mets: 'metastases',
  mm: '(mm)',
  mri: 'MRI',
  n: 'number',
  noncns: 'non-CNS',
  pre: 'before Gd',
  reader: 'by eye',
  sag: 'sagittal',
  si: 'SI',
  snr: 'SNR',
  stir: 'STIR',
  t1: 'T1',
  t13: 'T13',
  t2: 'T2',
  tr: 'TR',
})
/** A level is written as it is: T1 there is a vertebra, and C2-C3 a disc. */
const LEVEL = /^[CTLS]\d{1,2}(-[CTLS]\d{1,2})?$/

/** @param {string} code @returns {string} */
export function words(code) {
  if (LEVEL.test(code)) return code
  return TITLES[code] ?? code.split('_').map(token => TOKENS[token] ?? token).join(' ')
}

/** @param {number} count @param {string} noun @returns {string} the noun with its number, e.g. `1 lesion` */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`

/**
 * Typed or pasted text as the study stores it: a tab, a line end or another sign without a picture becomes a blank, and
 * what turns the direction of reading is left out.
 *
 * @param {string} text
 * @param {boolean} [lines] ends of lines stay
 */
export const plain = (text, lines = false) =>
  text.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '').replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, sign => (lines && sign === '\n' ? sign : ' ')).trim()
