// What is drawn of the map of a catalog: its points, some of the pictures, and what is written on them.
import { lookOf, STEPS, shape } from "./pointmap_looks.js"

/** @import { Drawing, Look, Point, Projection, Theme, View } from "./drawing" */

const EDGE = 30 // around the points, in CSS pixels, so that no picture is cut off
export const SIDE = 40 // of a picture on the map
export const MOST_SIDE = 56 // of one that is hovered or selected
const FADED = 0.13

/**
 * Where all points lie, so that they fill the paper.
 * @param {ArrayLike<number>} points
 */
export function boundsOf(points) {
  let [left, right, bottom, top] = [1, 0, 1, 0]
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at])
    right = Math.max(right, points[at])
    bottom = Math.min(bottom, points[at + 1])
    top = Math.max(top, points[at + 1])
  }
  return left > right ? [0, 1, 0, 1] : [left, right, bottom, top]
}

/**
 * How a position becomes a place on the paper, and back.
 * @param {number[]} bounds
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @returns {Projection}
 */
export function projection(bounds, view, width, height) {
  const [left, right, bottom, top] = bounds
  const fit = Math.min(
    (width - 2 * EDGE) / Math.max(right - left, 0.02),
    (height - 2 * EDGE) / Math.max(top - bottom, 0.02),
  )
  const unit = fit * view.zoom
  return {
    unit,
    to: (x, y) => [width / 2 + (x - view.x) * unit, height / 2 - (y - view.y) * unit],
    from: (px, py) => [view.x + (px - width / 2) / unit, view.y - (py - height / 2) / unit],
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Drawing} map
 */
export function paintDots(pen, map) {
  const { data, points, codes, on, theme, radius, only } = map
  /** @type {Map<number, { path: Path2D, look: Look }>} */
  const paths = new Map()
  for (let at = 0; at < codes.length; at += 1) {
    const [x, y] = on.to(points[2 * at], points[2 * at + 1])
    if (x < -9 || y < -9 || x > map.width + 9 || y > map.height + 9) continue
    const code = codes[at]
    const kind = paths.get(code) ?? { path: new Path2D(), look: lookOf(code, data, theme) }
    paths.set(code, kind)
    shape(kind.path, kind.look.shape, x, y, radius * kind.look.size)
  }
  // Unremarkable ones first, so that the others lie on them.
  const order = [...paths].sort(([a], [b]) => (data.ramp ? (a >= STEPS ? -1 : a) - (b >= STEPS ? -1 : b) : b - a))
  for (const [code, { path, look }] of order) {
    pen.globalAlpha = only === null || only === code ? 0.92 : FADED
    pen.fillStyle = look.colour
    pen.fill(path)
    if (codes.length <= 3000) {
      pen.lineWidth = 0.8
      pen.strokeStyle = theme.paper
      pen.stroke(path)
    }
  }
  pen.globalAlpha = 1
}

/**
 * A picture cut to a square, in a frame.
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLImageElement} image
 * @param {Point} middle
 * @param {number} side
 * @param {string} frame its colour
 * @param {number} thick
 */
export function paintPicture(pen, image, [x, y], side, frame, thick) {
  const [left, top] = [x - side / 2, y - side / 2]
  pen.save()
  pen.beginPath()
  pen.roundRect(left, top, side, side, 5)
  pen.fillStyle = "#8a929b"
  pen.fill()
  pen.clip()
  const least = Math.min(image.naturalWidth, image.naturalHeight)
  pen.drawImage(
    image,
    (image.naturalWidth - least) / 2,
    (image.naturalHeight - least) / 2,
    least,
    least,
    left,
    top,
    side,
    side,
  )
  pen.restore()
  pen.beginPath()
  pen.roundRect(left, top, side, side, 5)
  pen.lineWidth = thick
  pen.strokeStyle = frame
  pen.stroke()
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {Point} middle
 * @param {Theme} theme
 */
export function paintBadge(pen, text, [x, y], theme) {
  pen.font = `600 11px ${theme.font}`
  const wide = Math.max(18, pen.measureText(text).width + 9)
  pen.beginPath()
  pen.roundRect(x - wide / 2, y - 9, wide, 18, 9)
  pen.fillStyle = theme.accent
  pen.fill()
  pen.lineWidth = 1.5
  pen.strokeStyle = theme.paper
  pen.stroke()
  pen.fillStyle = theme.paper
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.fillText(text, x, y + 0.5)
}

/**
 * The points of which there is room for a picture: the marked ones first, then any, in an order that zooming keeps.
 * @param {Drawing} map
 */
export function chosenPictures(map) {
  const { points, codes, marks, on, selected, only, query } = map
  const most = codes.length > 400 ? 28 : 70
  /** @type {Point[]} */
  const taken = []
  /** @type {number[]} */
  const chosen = []
  if (query) taken.push(on.to(query.x, query.y))
  /**
   * @param {number} at
   * @param {boolean} forced
   */
  const add = (at, forced) => {
    const [x, y] = on.to(points[2 * at], points[2 * at + 1])
    if (x < 4 || y < 4 || x > map.width - 4 || y > map.height - 4) return
    const gap = SIDE + (codes.length > 400 ? 14 : 5)
    if (!forced && taken.some(([a, b]) => Math.abs(a - x) < gap && Math.abs(b - y) < gap)) return
    taken.push([x, y])
    chosen.push(at)
  }
  for (const at of marks.keys()) add(at, false)
  if (selected !== null && !marks.has(selected)) add(selected, true)
  for (
    let step = 0, at = 0;
    step < codes.length && chosen.length < most;
    step += 1, at = (at + map.stride) % codes.length
  ) {
    if (!marks.has(at) && at !== selected && (only === null || codes[at] === only)) add(at, false)
  }
  return chosen
}

/**
 * A step through all points that visits each once, in no order that one sees.
 * @param {number} count
 */
export function strideOf(count) {
  /**
   * @param {number} a
   * @param {number} b
   * @returns {number}
   */
  const divides = (a, b) => (b ? divides(b, a % b) : a)
  let stride = Math.max(1, Math.round(count * 0.381966))
  while (count > 1 && divides(stride, count) !== 1) stride += 1
  return stride
}
