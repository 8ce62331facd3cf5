// The map of weights: a triangle of regions, and a point that a click or the arrow keys move.
const SVG = "http://www.w3.org/2000/svg"
const WIDTH = 420
const HEIGHT = (WIDTH * Math.sqrt(3)) / 2
const LEFT = 20
const TOP = 44
const REST_MS = 350

function make(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  if (text !== undefined) node.textContent = text
  return node
}

// Shares of the three corners (top, left, right) to paper, and back.
const place = ([top, left, right]) => [LEFT + WIDTH * (right + top / 2), TOP + HEIGHT * (1 - top)]

function shares(x, y) {
  const top = 1 - (y - TOP) / HEIGHT
  const right = (x - LEFT) / WIDTH - top / 2
  return [top, 1 - top - right, right]
}

// The nearest whole steps that sum to their number; outside of the triangle, those on its edge.
function stepped(wanted, steps) {
  const kept = wanted.map((one) => Math.max(0, one))
  const sum = kept.reduce((a, b) => a + b)
  const exact = kept.map((one) => (one / sum) * steps)
  const whole = exact.map(Math.floor)
  const order = [0, 1, 2].sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]))
  for (let missing = steps - whole.reduce((a, b) => a + b), next = 0; missing > 0; missing -= 1, next += 1) whole[order[next]] += 1
  return whole
}

// One path for each colour, of horizontal strips: rows[k] is the run of regions at k steps of the top corner.
function regions(rows, colours, parent) {
  const steps = rows.length - 1
  const paths = new Map()
  rows.forEach((row, top) => {
    const y = TOP + HEIGHT * (1 - (top + 0.5) / steps)
    let start = 0
    for (let end = 1; end <= row.length; end += 1) {
      if (row[end] === row[start]) continue
      const x = (right) => LEFT + WIDTH * ((right - 0.5) / steps + top / steps / 2)
      const strip = `M${x(start).toFixed(1)} ${y.toFixed(1)}H${x(end).toFixed(1)}v${(HEIGHT / steps + 0.4).toFixed(1)}H${x(start).toFixed(1)}z`
      paths.set(row[start], (paths.get(row[start]) ?? "") + strip)
      start = end
    }
  })
  for (const [region, d] of paths) {
    const colour = colours[Number(region)]
    parent.append(make("path", colour ? { d, fill: colour } : { d, class: "nobody" }))
  }
}

function labels(data, svg) {
  const [top, left, right] = data.corners
  const [x, y] = place([1, 0, 0])
  const base = TOP + HEIGHT
  svg.append(
    make("text", { x, y: y - 24, class: "corner", "text-anchor": "middle" }, top),
    make("text", { x: LEFT - 16, y: base + 22, class: "corner", "text-anchor": "start" }, left),
    make("text", { x: LEFT + WIDTH + 16, y: base + 22, class: "corner", "text-anchor": "end" }, right),
  )
  const told = [
    make("text", { x, y: y - 8, class: "weight", "text-anchor": "middle" }),
    make("text", { x: LEFT - 16, y: base + 38, class: "weight", "text-anchor": "start" }),
    make("text", { x: LEFT + WIDTH + 16, y: base + 38, class: "weight", "text-anchor": "end" }),
  ]
  svg.append(...told)
  return told
}

// What stands in a region: its number, and the name where there is room.
function named(one, svg, point) {
  if (one.room < 0.035) return
  const [x, middle] = place(one.centre)
  const [px, py] = point ?? [0, 0]
  const covered = Math.abs(px - x) < 80 && Math.abs(py - middle) < 44 && one.room > 0.13
  const y = covered ? py - 34 : middle // above the point
  const letters = Math.floor((one.room * HEIGHT * 2) / 7)
  const name = letters < 7 ? one.mark : one.name.length > letters ? `${one.name.slice(0, letters - 1)}…` : one.name
  if (one.src && one.room > 0.13) {
    svg.append(make("image", { x: x - 24, y: y - 34, width: 48, height: 36, href: one.src, preserveAspectRatio: "xMidYMid slice", style: "pointer-events: none" }))
    svg.append(make("text", { x, y: y + 18, class: "inside" }, name))
  } else svg.append(make("text", { x, y: y + 4, class: "inside" }, name))
}

function legend(entries) {
  return entries.map((one) => {
    const line = document.createElement("li")
    const mark = document.createElement("i")
    mark.style.background = one.colour
    mark.textContent = one.mark
    const name = document.createElement("span")
    name.textContent = name.title = one.name
    const share = document.createElement("small")
    share.textContent = one.share
    line.append(mark)
    if (one.src) {
      const picture = document.createElement("img")
      picture.src = one.src
      picture.alt = ""
      line.append(picture)
    }
    line.append(name, share)
    return line
  })
}

const waiting = new WeakMap()

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const svg = parentElement.querySelector("svg")
  const told = parentElement.querySelector("figcaption")
  const { steps, rows, entries } = data
  const unit = data.total / steps
  clearTimeout(waiting.get(parentElement))
  svg.replaceChildren()
  svg.setAttribute("viewBox", `0 0 ${WIDTH + 2 * LEFT} ${HEIGHT + TOP + 44}`)
  svg.setAttribute("aria-label", data.label)
  const clip = make("clipPath", { id: "inside-the-triangle" })
  const outline = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((one) => place(one).join(",")).join(" ")
  clip.append(make("polygon", { points: outline }))
  const painted = make("g", { "clip-path": "url(#inside-the-triangle)" })
  svg.append(clip, painted)
  regions(rows, entries.map((one) => one.colour), painted)
  svg.append(make("polygon", { points: outline, class: "edge" }))
  const weights = labels(data, svg)
  const start = data.point && place(data.point.map((one) => one / steps))
  entries.forEach((one) => named(one, svg, start))
  const hover = make("circle", { r: 7, class: "hover", visibility: "hidden" })
  const point = make("circle", { r: 8, class: "point", visibility: data.point ? "visible" : "hidden" })
  svg.append(hover, point)

  const region = (at) => {
    const top = Math.round((at[0] / steps) * (rows.length - 1))
    const right = Math.round((at[2] / steps) * (rows.length - 1))
    return entries[Number(rows[top][Math.min(right, rows[top].length - 1)])]
  }
  const mixture = (at) => data.corners.map((one, index) => `${one} ${(at[index] * unit).toFixed(1)}`).join(" · ")
  const tell = (at, how) => {
    const first = region(at)
    told.textContent = `${how}${mixture(at)}. ${first ? `First: ${first.name}` : "Nothing can be compared here"}.`
  }
  const put = (node, at) => {
    const [x, y] = place(at.map((one) => one / steps))
    node.setAttribute("cx", x)
    node.setAttribute("cy", y)
  }
  let current = data.point
  const show = () => {
    if (!current) {
      told.textContent = data.without_point
      return
    }
    put(point, current)
    point.setAttribute("visibility", "visible")
    current.forEach((one, index) => (weights[index].textContent = (one * unit).toFixed(1)))
    tell(current, "Now: ")
  }
  const send = () => setTriggerValue("moved", current)
  const under = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
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
    tell(at, "Here: ")
  }
  svg.onmouseleave = () => {
    hover.setAttribute("visibility", "hidden")
    show()
  }
  // Left and right go along the base; up and down to the top corner and away, as straight as steps allow.
  svg.onkeydown = (event) => {
    const [, left, right] = current ?? [0, 0, 0]
    const moves = {
      ArrowLeft: [0, 1, -1],
      ArrowRight: [0, -1, 1],
      ArrowUp: left >= right ? [1, -1, 0] : [1, 0, -1],
      ArrowDown: left > right ? [-1, 0, 1] : [-1, 1, 0],
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const next = current ? current.map((one, index) => one + move[index]) : stepped([1, 1, 1], steps)
    if (Math.min(...next) < 0) return
    current = next
    show()
    clearTimeout(waiting.get(parentElement))
    waiting.set(parentElement, setTimeout(send, REST_MS)) // the page follows when the keys rest
  }
  parentElement.querySelector("ul").replaceChildren(...legend(entries))
  show()
  return () => clearTimeout(waiting.get(parentElement))
}
