// Both pictures with lines from keypoint to keypoint; the one that is pointed at, or chosen by arrows, is told.
import { draw, find } from "./dom.js"

/** @import { Component, KeypointLines, Line } from "./data" */

const REACH = 16 // pixels of the screen within which a line is pointed at

/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/**
 * How far a point is from a line's nearest point.
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 */
function distance(line, x, y) {
  const [across, down] = [line.to_x - line.x, line.to_y - line.y]
  const along = ((x - line.x) * across + (y - line.y) * down) / (across * across + down * down || 1)
  const share = Math.min(Math.max(along, 0), 1)
  return Math.hypot(x - line.x - share * across, y - line.y - share * down)
}

/**
 * A line with its two points.
 * @param {Line} line
 */
function drawn(line) {
  const group = draw("g", { class: line.agrees ? "agrees" : "alone" })
  const ends = { x1: line.x, y1: line.y, x2: line.to_x, y2: line.to_y }
  group.append(draw("line", { ...ends, class: "casing" }), draw("line", ends))
  group.append(draw("circle", { cx: line.x, cy: line.y, r: 3 }), draw("circle", { cx: line.to_x, cy: line.to_y, r: 3 }))
  return group
}

/** @param {Component<KeypointLines>} component */
export default function (component) {
  const { data, parentElement } = component
  const drawing = find(parentElement, "svg", SVGSVGElement)
  const told = find(parentElement, "p", HTMLParagraphElement)
  drawing.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`)
  drawing.setAttribute("aria-label", `${data.label}. ${data.help}`)
  const pictures = data.pictures.map(({ src, ...place }) => draw("image", { href: src, ...place }))
  const lines = data.lines.map(drawn)
  const above = draw("g", { class: "hot" }) // a copy of the chosen line, over all others
  drawing.replaceChildren(...pictures, ...lines, above)
  let chosen = -1

  /** @param {number} number */
  const choose = (number) => {
    chosen = number
    above.replaceChildren(...(number < 0 ? [] : [lines[number].cloneNode(true)]))
    drawing.classList.toggle("chosen", number >= 0)
    told.textContent = number < 0 ? data.help : data.lines[number].told
  }
  drawing.onpointermove = (event) => {
    const box = drawing.getBoundingClientRect()
    const scale = data.width / box.width
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]
    let [nearest, least] = [-1, REACH * scale]
    data.lines.forEach((line, number) => {
      const far = distance(line, x, y)
      if (far < least) [nearest, least] = [number, far]
    })
    if (nearest !== chosen) choose(nearest)
  }
  drawing.onpointerdown = drawing.onpointermove
  drawing.onpointerleave = (event) => {
    if (event.pointerType === "mouse") choose(-1) // a finger leaves, and what it chose is read then
  }
  drawing.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step || !lines.length) return
    choose(chosen < 0 ? (step > 0 ? 0 : lines.length - 1) : (chosen + step + lines.length) % lines.length)
    event.preventDefault()
  }
  choose(-1)
}
