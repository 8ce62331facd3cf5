// Which point is meant: under the pointer, or next to another one.
import { chosenPictures, SIDE } from "./pointmap_paper.js"

/** @import { Drawing, Point, Seen } from "./drawing" */

const ENOUGH = 64 // a point this near (its distance squared) is meant, though a picture lies over it

/**
 * The point under a place, or the picture that is drawn there.
 * @param {Drawing} map
 * @param {Map<number, Seen>} texts
 * @param {Point} place
 * @param {number} reach
 * @returns {number | null}
 */
export function pointUnder(map, texts, [px, py], reach) {
  const { points, codes, only, on } = map
  /** @type {number | null} */
  let best = null
  let least = reach * reach
  for (let at = 0; at < codes.length; at += 1) {
    const [x, y] = on.to(points[2 * at], points[2 * at + 1])
    const apart = (x - px) ** 2 + (y - py) ** 2
    if (apart < least && (only === null || codes[at] === only)) {
      best = at
      least = apart
    }
  }
  if (least <= ENOUGH || !map.pictures) return best
  const covering = chosenPictures(map).find((at) => {
    const [x, y] = on.to(points[2 * at], points[2 * at + 1])
    return Math.abs(x - px) <= SIDE / 2 && Math.abs(y - py) <= SIDE / 2 && texts.get(at)?.image
  })
  return covering ?? best
}

/**
 * The nearest point in a direction, if there is one.
 * @param {Drawing} map
 * @param {number} start
 * @param {Point} way
 * @returns {number | null}
 */
export function pointTowards({ points, codes }, start, [dx, dy]) {
  /** @type {number | null} */
  let best = null
  let least = Infinity
  for (let other = 0; other < codes.length; other += 1) {
    const x = points[2 * other] - points[2 * start]
    const y = points[2 * other + 1] - points[2 * start + 1]
    const along = x * dx + y * dy
    const aside = Math.abs(x * dy - y * dx)
    if (other === start || along <= 0 || aside > along * 1.2) continue
    if (along + 2 * aside < least) {
      best = other
      least = along + 2 * aside
    }
  }
  return best
}
