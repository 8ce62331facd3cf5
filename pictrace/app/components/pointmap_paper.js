// The map of a catalog, first part: what is drawn. The script pointmap.js follows in the same module.
const EDGE = 30 // around the points, in CSS pixels, so that no picture is cut off
const SIDE = 40 // of a picture on the map
const MOST_SIDE = 56 // of one that is hovered or selected
const STEPS = 16 // of a ramp of scores
const FADED = 0.13
const SHAPES = ["circle", "square", "triangle", "diamond"]

const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0))

function colourOf(node, name, fallback) {
  const told = getComputedStyle(node).getPropertyValue(name).trim()
  return told && told !== "unset" ? told : fallback
}

// "#rrggbb" of the theme to three numbers.
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) || 0)

function mixed(one, other, share) {
  const to = channels(other)
  const parts = channels(one).map((from, at) => Math.round(from + (to[at] - from) * share))
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`
}

function themeOf(node) {
  const theme = {
    paper: colourOf(node, "--st-background-color", "#ffffff"),
    ink: colourOf(node, "--st-text-color", "#1b2430"),
    accent: colourOf(node, "--st-primary-color", "#0b5c8a"),
    font: colourOf(node, "--st-font", "sans-serif"),
  }
  return { ...theme, plain: mixed(theme.paper, theme.ink, 0.42), low: mixed(theme.paper, theme.ink, 0.26) }
}

// A point's look by its code: one of the groups, a step of the ramp, or nothing in particular.
function lookOf(code, data, theme) {
  if (data.ramp) {
    if (code >= STEPS) return { colour: theme.low, shape: "circle", size: 0.75 }
    const share = code / (STEPS - 1)
    return { colour: mixed(theme.low, theme.accent, 0.15 + 0.85 * share), shape: "circle", size: 0.85 + 0.6 * share }
  }
  const group = data.groups[code]
  if (!group || !group.colour) return { colour: theme.plain, shape: "circle", size: group ? 0.8 : 1 }
  return { colour: group.colour, shape: SHAPES[code % SHAPES.length], size: 1.05 }
}

function shape(path, kind, x, y, r) {
  if (kind === "square") path.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76)
  else if (kind === "triangle") {
    path.moveTo(x, y - r * 1.2)
    path.lineTo(x + r * 1.1, y + r * 0.8)
    path.lineTo(x - r * 1.1, y + r * 0.8)
    path.closePath()
  } else if (kind === "diamond") {
    path.moveTo(x, y - r * 1.3)
    path.lineTo(x + r * 1.3, y)
    path.lineTo(x, y + r * 1.3)
    path.lineTo(x - r * 1.3, y)
    path.closePath()
  } else {
    path.moveTo(x + r, y)
    path.arc(x, y, r, 0, 2 * Math.PI)
  }
}

// Where all points lie, so that they fill the paper.
function boundsOf(points) {
  let [left, right, bottom, top] = [1, 0, 1, 0]
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at])
    right = Math.max(right, points[at])
    bottom = Math.min(bottom, points[at + 1])
    top = Math.max(top, points[at + 1])
  }
  return left > right ? [0, 1, 0, 1] : [left, right, bottom, top]
}

// view: {zoom, x, y}: what lies in the middle of the paper. Returns how a position becomes a place on it, and back.
function projection(bounds, view, width, height) {
  const [left, right, bottom, top] = bounds
  const fit = Math.min((width - 2 * EDGE) / Math.max(right - left, 0.02), (height - 2 * EDGE) / Math.max(top - bottom, 0.02))
  const unit = fit * view.zoom
  return {
    unit,
    to: (x, y) => [width / 2 + (x - view.x) * unit, height / 2 - (y - view.y) * unit],
    from: (px, py) => [view.x + (px - width / 2) / unit, view.y - (py - height / 2) / unit],
  }
}

function paintDots(pen, map) {
  const { data, points, codes, on, theme, radius, only } = map
  const paths = new Map()
  for (let at = 0; at < codes.length; at += 1) {
    const [x, y] = on.to(points[2 * at], points[2 * at + 1])
    if (x < -9 || y < -9 || x > map.width + 9 || y > map.height + 9) continue
    const code = codes[at]
    if (!paths.has(code)) paths.set(code, [new Path2D(), lookOf(code, data, theme)])
    const [path, look] = paths.get(code)
    shape(path, look.shape, x, y, radius * look.size)
  }
  // Unremarkable ones first, so that the others lie on them.
  const order = [...paths.keys()].sort((a, b) => (data.ramp ? (a >= STEPS ? -1 : a) - (b >= STEPS ? -1 : b) : b - a))
  for (const code of order) {
    const [path, look] = paths.get(code)
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

// A picture cut to a square, in a frame.
function paintPicture(pen, image, x, y, side, frame, thick) {
  const [left, top] = [x - side / 2, y - side / 2]
  pen.save()
  pen.beginPath()
  pen.roundRect(left, top, side, side, 5)
  pen.fillStyle = "#8a929b"
  pen.fill()
  pen.clip()
  const least = Math.min(image.naturalWidth, image.naturalHeight)
  pen.drawImage(image, (image.naturalWidth - least) / 2, (image.naturalHeight - least) / 2, least, least, left, top, side, side)
  pen.restore()
  pen.beginPath()
  pen.roundRect(left, top, side, side, 5)
  pen.lineWidth = thick
  pen.strokeStyle = frame
  pen.stroke()
}

function paintBadge(pen, text, x, y, theme) {
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

// The points of which there is room for a picture: the marked ones first, then any, in an order that zooming keeps.
function chosenPictures(map) {
  const { points, codes, marks, on, selected, only, query } = map
  const most = codes.length > 400 ? 28 : 70
  const taken = []
  const chosen = []
  if (query) taken.push(on.to(query.x, query.y))
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
  for (let step = 0, at = 0; step < codes.length && chosen.length < most; step += 1, at = (at + map.stride) % codes.length) {
    if (!marks.has(at) && at !== selected && (only === null || codes[at] === only)) add(at, false)
  }
  return chosen
}

// A step through all points that visits each once, in no order that one sees.
function strideOf(count) {
  const divides = (a, b) => (b ? divides(b, a % b) : a)
  let stride = Math.max(1, Math.round(count * 0.381966))
  while (count > 1 && divides(stride, count) !== 1) stride += 1
  return stride
}

function legendOf(data, map, redraw) {
  return data.groups.map((group, code) => {
    const button = document.createElement("button")
    button.type = "button"
    button.setAttribute("aria-pressed", String(map.only === code))
    const mark = document.createElement("canvas")
    mark.width = mark.height = 28
    const pen = mark.getContext("2d")
    const look = lookOf(code, data, map.theme)
    const path = new Path2D()
    shape(path, look.shape, 14, 14, 9)
    pen.fillStyle = look.colour
    pen.fill(path)
    const name = document.createElement("span")
    name.textContent = name.title = group.name
    const count = document.createElement("small")
    count.textContent = group.count.toLocaleString()
    button.append(mark, name, count)
    button.onclick = () => {
      map.only = map.only === code ? null : code
      for (const [at, one] of [...button.parentElement.children].entries()) one.setAttribute("aria-pressed", String(map.only === at))
      redraw()
    }
    return button
  })
}
