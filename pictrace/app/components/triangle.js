// The map of weights: a triangle of regions, and a point that a click or the arrow keys move.
import { draw, filled, find, make } from "./dom.js"

/** @import { Component, Entry, Three, Triangle } from "./data" */

const WIDTH = 420
const HEIGHT = (WIDTH * Math.sqrt(3)) / 2
const LEFT = 20
const TOP = 44
const REST_MS = 350

// Shares of the three corners (top, left, right) to paper, and back.
/**
 * @param {Three} shares
 * @returns {[number, number]}
 */
const place = ([top, , right]) => [LEFT + WIDTH * (right + top / 2), TOP + HEIGHT * (1 - top)]

/**
 * @param {number} x
 * @param {number} y
 * @returns {Three}
 */
function shares(x, y) {
  const top = 1 - (y - TOP) / HEIGHT
  const right = (x - LEFT) / WIDTH - top / 2
  return [top, 1 - top - right, right]
}

/**
 * @param {Three} three
 * @param {(one: number, index: number) => number} change
 * @returns {Three}
 */
function each([top, left, right], change) {
  return [change(top, 0), change(left, 1), change(right, 2)]
}

// The nearest whole steps that sum to their number; outside of the triangle, those on its edge.
/**
 * @param {Three} wanted
 * @param {number} steps
 * @returns {Three}
 */
function stepped(wanted, steps) {
  const kept = each(wanted, (one) => Math.max(0, one))
  const sum = kept.reduce((a, b) => a + b)
  const exact = each(kept, (one) => (one / sum) * steps)
  const whole = each(exact, Math.floor)
  const order = [0, 1, 2].sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]))
  const missing = steps - whole.reduce((a, b) => a + b)
  for (const index of order.slice(0, missing)) whole[index] += 1
  return whole
}

// One path for each colour, of horizontal strips: rows[k] is the run of regions at k steps of the top corner.
/**
 * @param {string[]} rows
 * @param {string[]} colours
 * @param {SVGElement} parent
 */
function regions(rows, colours, parent) {
  const steps = rows.length - 1
  const paths = new Map()
  rows.forEach((row, top) => {
    const y = TOP + HEIGHT * (1 - (top + 0.5) / steps)
    let start = 0
    for (let end = 1; end <= row.length; end += 1) {
      if (row[end] === row[start]) continue
      /** @param {number} right */
      const x = (right) => LEFT + WIDTH * ((right - 0.5) / steps + top / steps / 2)
      const strip = `M${x(start).toFixed(1)} ${y.toFixed(1)}H${x(end).toFixed(1)}v${(HEIGHT / steps + 0.4).toFixed(1)}H${x(start).toFixed(1)}z`
      paths.set(row[start], (paths.get(row[start]) ?? "") + strip)
      start = end
    }
  })
  for (const [region, d] of paths) {
    const colour = colours[Number(region)]
    parent.append(draw("path", colour ? { d, fill: colour } : { d, class: "nobody" }))
  }
}

/**
 * @param {Triangle} data
 * @param {SVGElement} svg
 */
function labels(data, svg) {
  const [top, left, right] = data.corners
  const [x, y] = place([1, 0, 0])
  const base = TOP + HEIGHT
  svg.append(
    draw("text", { x, y: y - 24, class: "corner", "text-anchor": "middle" }, top),
    draw("text", { x: LEFT - 16, y: base + 22, class: "corner", "text-anchor": "start" }, left),
    draw("text", { x: LEFT + WIDTH + 16, y: base + 22, class: "corner", "text-anchor": "end" }, right),
  )
  const told = [
    draw("text", { x, y: y - 8, class: "weight", "text-anchor": "middle" }),
    draw("text", { x: LEFT - 16, y: base + 38, class: "weight", "text-anchor": "start" }),
    draw("text", { x: LEFT + WIDTH + 16, y: base + 38, class: "weight", "text-anchor": "end" }),
  ]
  svg.append(...told)
  return told
}

// What stands in a region: its number, and the name where there is room.
/**
 * @param {Entry} one
 * @param {SVGElement} svg
 * @param {[number, number] | null} point
 */
function named(one, svg, point) {
  if (one.room < 0.035) return
  const [x, middle] = place(one.centre)
  const [px, py] = point ?? [0, 0]
  const covered = Math.abs(px - x) < 80 && Math.abs(py - middle) < 44 && one.room > 0.13
  const y = covered ? py - 34 : middle // above the point
  const letters = Math.floor((one.room * HEIGHT * 2) / 7)
  const name = letters < 7 ? one.mark : one.name.length > letters ? `${one.name.slice(0, letters - 1)}…` : one.name
  if (one.src && one.room > 0.13) {
    svg.append(
      draw("image", {
        x: x - 24,
        y: y - 34,
        width: 48,
        height: 36,
        href: one.src,
        preserveAspectRatio: "xMidYMid slice",
        style: "pointer-events: none",
      }),
    )
    svg.append(draw("text", { x, y: y + 18, class: "inside" }, name))
  } else svg.append(draw("text", { x, y: y + 4, class: "inside" }, name))
}

/** @param {Entry[]} entries */
function legend(entries) {
  return entries.map((one) => {
    const line = make("li")
    const mark = make("i", "", one.mark)
    mark.style.background = one.colour
    const name = make("span", "", one.name)
    name.title = one.name
    line.append(mark)
    if (one.src) {
      const picture = make("img")
      picture.src = one.src
      picture.alt = ""
      line.append(picture)
    }
    line.append(name, make("small", "", one.share))
    return line
  })
}

/** @type {WeakMap<ShadowRoot, number>} */
const waiting = new WeakMap()

/** @param {Component<Triangle>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const svg = find(parentElement, "svg", SVGSVGElement)
  const told = find(parentElement, "figcaption", HTMLElement)
  const { steps, rows, entries } = data
  const unit = data.total / steps
  clearTimeout(waiting.get(parentElement))
  svg.replaceChildren()
  svg.setAttribute("viewBox", `0 0 ${WIDTH + 2 * LEFT} ${HEIGHT + TOP + 44}`)
  svg.setAttribute("aria-label", data.label)
  const clip = draw("clipPath", { id: "inside-the-triangle" })
  const outline = [place([1, 0, 0]), place([0, 1, 0]), place([0, 0, 1])].join(" ")
  clip.append(draw("polygon", { points: outline }))
  const painted = draw("g", { "clip-path": "url(#inside-the-triangle)" })
  svg.append(clip, painted)
  regions(
    rows,
    entries.map((one) => one.colour),
    painted,
  )
  svg.append(draw("polygon", { points: outline, class: "edge" }))
  const weights = labels(data, svg)
  const start = data.point && place(each(data.point, (one) => one / steps))
  for (const one of entries) named(one, svg, start)
  const hover = draw("circle", { r: 7, class: "hover", visibility: "hidden" })
  const point = draw("circle", { r: 8, class: "point", visibility: data.point ? "visible" : "hidden" })
  svg.append(hover, point)

  /** @param {Three} at */
  const region = (at) => {
    const top = Math.round((at[0] / steps) * (rows.length - 1))
    const right = Math.round((at[2] / steps) * (rows.length - 1))
    return entries[Number(rows[top][Math.min(right, rows[top].length - 1)])]
  }
  /** @param {Three} at */
  const mixture = (at) => data.corners.map((one, index) => `${one} ${(at[index] * unit).toFixed(1)}`).join(" · ")
  /**
   * @param {Three} at
   * @param {"now" | "here"} when
   */
  const tell = (at, when) => {
    const first = region(at)
    const sentence = data.words[first ? when : `${when}_nothing`]
    told.textContent = filled(sentence, { weights: mixture(at), picture: first?.name ?? "" })
  }
  /**
   * @param {SVGCircleElement} node
   * @param {Three} at
   */
  const put = (node, at) => {
    const [x, y] = place(each(at, (one) => one / steps))
    node.setAttribute("cx", String(x))
    node.setAttribute("cy", String(y))
  }
  let current = data.point
  const show = () => {
    if (!current) {
      told.textContent = data.without_point
      return
    }
    put(point, current)
    point.setAttribute("visibility", "visible")
    for (const [index, one] of current.entries()) weights[index].textContent = (one * unit).toFixed(1)
    tell(current, "now")
  }
  const send = () => setTriggerValue("moved", current)
  /** @param {MouseEvent} event */
  const under = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM()?.inverse())
    return shares(at.x, at.y)
  }

  svg.onclick = (event) => {
    const wanted = under(event)
    if (Math.min(...wanted) < -0.06) return // beside the triangle
    current = stepped(wanted, steps)
    show()
    send()
  }
  svg.onmousemove = (event) => {
    const wanted = under(event)
    const inside = Math.min(...wanted) >= 0
    hover.setAttribute("visibility", inside ? "visible" : "hidden")
    if (!inside) return show()
    const at = stepped(wanted, steps)
    put(hover, at)
    tell(at, "here")
  }
  svg.onmouseleave = () => {
    hover.setAttribute("visibility", "hidden")
    show()
  }
  // Left and right go along the base; up and down to the top corner and away, as straight as steps allow.
  svg.onkeydown = (event) => {
    const [, left, right] = current ?? [0, 0, 0]
    /** @type {Record<string, Three>} */
    const moves = {
      ArrowLeft: [0, 1, -1],
      ArrowRight: [0, -1, 1],
      ArrowUp: left >= right ? [1, -1, 0] : [1, 0, -1],
      ArrowDown: left > right ? [-1, 0, 1] : [-1, 1, 0],
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const next = current ? each(current, (one, index) => one + move[index]) : stepped([1, 1, 1], steps)
    if (Math.min(...next) < 0) return
    current = next
    show()
    clearTimeout(waiting.get(parentElement))
    waiting.set(parentElement, setTimeout(send, REST_MS)) // the page follows when the keys rest
  }
  find(parentElement, "ul", HTMLUListElement).replaceChildren(...legend(entries))
  show()
  return () => clearTimeout(waiting.get(parentElement))
}
