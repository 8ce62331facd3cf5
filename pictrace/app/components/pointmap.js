// The map of a catalog, second part: what a person does with it. Points are asked for by number when they are looked at.
const REST_MS = 140
const PATIENCE_MS = 2500 // an answer can get lost where two runs of the page meet
const MOST_ASKED = 48
const MOST_KEPT = 3000
const kept = new Map() // version -> what was told of its points; outlives the element
const mounted = new WeakMap()

function toldOf(version) {
  if (!kept.has(version)) {
    if (kept.size > 3) kept.delete(kept.keys().next().value)
    kept.set(version, new Map())
  }
  return kept.get(version)
}

function imageOf(src, ready) {
  const image = new Image()
  image.onload = ready
  image.src = src
  return image
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const find = (what) => parentElement.querySelector(what)
  const [stage, canvas, tip, said] = [find(".stage"), find("canvas"), find(".tip"), find("figcaption")]
  const former = mounted.get(parentElement)
  const raw = new Uint16Array(bytesOf(data.points).buffer)
  const points = Float32Array.from(raw, (one) => one / 65535)
  const same = former && former.version === data.version
  const current = () => mounted.get(parentElement)?.redraw() // of the latest run, whichever asked
  const map = {
    version: data.version,
    data,
    points,
    codes: bytesOf(data.codes),
    marks: new Map(data.marks.map(([at, text]) => [at, text])),
    query: data.query && { ...data.query, image: data.query.src ? imageOf(data.query.src, current) : null },
    selected: data.selected,
    hovered: same ? former.hovered : null,
    only: same && former.look === data.look ? former.only : null,
    pictures: former ? former.pictures : true,
    view: same ? former.view : null,
    asked: same ? former.asked : new Map(), // point -> when
    look: data.look,
    stride: strideOf(data.count),
    theme: themeOf(canvas),
  }
  mounted.set(parentElement, map)
  const told = toldOf(data.version)
  if (told.size > MOST_KEPT) told.clear()
  for (const [at, one] of data.told) {
    if (!told.has(at)) told.set(at, { ...one, image: one.src ? imageOf(one.src, current) : null })
  }
  const all = map.query ? [...points, map.query.x, map.query.y] : points
  map.bounds = boundsOf(all)
  const whole = () => ({ zoom: 1, x: (map.bounds[0] + map.bounds[1]) / 2, y: (map.bounds[2] + map.bounds[3]) / 2 })
  map.view ??= whole()

  let asking = 0
  let again = 0
  const ask = (numbers) => {
    const now = performance.now()
    const unknown = numbers.filter((at) => !told.has(at))
    const lacking = unknown.filter((at) => !(now - map.asked.get(at) < PATIENCE_MS)).slice(0, MOST_ASKED)
    clearTimeout(again)
    if (unknown.length) again = setTimeout(redraw, PATIENCE_MS + 50)
    if (!lacking.length) return
    clearTimeout(asking)
    asking = setTimeout(() => {
      lacking.forEach((at) => map.asked.set(at, performance.now()))
      setTriggerValue("wanted", { version: map.version, points: lacking })
    }, REST_MS)
  }

  const paint = () => {
    if (mounted.get(parentElement) !== map) return
    map.width = stage.clientWidth
    map.height = Math.round(Math.min(560, Math.max(300, map.width * 0.74)))
    if (!map.width) return
    const ratio = window.devicePixelRatio || 1
    canvas.style.height = `${map.height}px`
    canvas.width = Math.round(map.width * ratio)
    canvas.height = Math.round(map.height * ratio)
    canvas.style.touchAction = map.view.zoom > 1 ? "none" : "pan-y"
    const pen = canvas.getContext("2d")
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, map.width, map.height)
    map.theme = themeOf(canvas)
    map.on = projection(map.bounds, map.view, map.width, map.height)
    map.radius = Math.max(2, Math.min(5.5, 46 / Math.sqrt(map.codes.length))) * Math.min(1.6, map.view.zoom ** 0.25)
    paintDots(pen, map)
    const shown = map.pictures ? chosenPictures(map) : map.selected === null ? [] : [map.selected]
    const place = (at) => map.on.to(points[2 * at], points[2 * at + 1])
    for (const at of [...shown].reverse()) {
      const one = told.get(at)
      const frame = map.marks.has(at) ? map.theme.accent : lookOf(map.codes[at], data, map.theme).colour
      if (one?.image?.naturalWidth) paintPicture(pen, one.image, ...place(at), at === map.selected ? MOST_SIDE : SIDE, at === map.selected ? map.theme.ink : frame, at === map.selected ? 3 : 2)
    }
    const visible = new Set(shown)
    for (const [at, text] of [...map.marks].reverse()) {
      const [x, y] = place(at)
      const offset = map.pictures && visible.has(at) && told.get(at)?.image?.naturalWidth ? SIDE / 2 - 3 : 0
      paintBadge(pen, text, x - offset, y - offset, map.theme)
    }
    if (map.query) {
      const [x, y] = map.on.to(map.query.x, map.query.y)
      if (map.query.image?.naturalWidth) paintPicture(pen, map.query.image, x, y, MOST_SIDE, map.theme.accent, 4)
      else paintBadge(pen, "", x, y, map.theme)
      paintBadge(pen, map.query.name, x, y + MOST_SIDE / 2 + 3, map.theme)
    }
    if (map.hovered !== null) {
      const [x, y] = place(map.hovered)
      pen.beginPath()
      pen.arc(x, y, map.radius + 5, 0, 2 * Math.PI)
      pen.lineWidth = 2.5
      pen.strokeStyle = map.theme.ink
      pen.stroke()
    }
    showTip()
    ask([...(map.hovered === null ? [] : [map.hovered]), ...shown])
  }
  let frame = 0
  const redraw = () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(paint)
  }

  map.redraw = redraw

  const showTip = () => {
    tip.hidden = map.hovered === null
    if (tip.hidden) return
    const one = told.get(map.hovered)
    const rank = map.marks.get(map.hovered)
    const [picture, title, note] = tip.children
    picture.hidden = !one?.src
    if (one?.src && picture.src !== one.src) picture.src = one.src
    title.textContent = one ? (rank ? `${rank}. ${one.title}` : one.title) : "…"
    const group = data.ramp ? null : data.groups[map.codes[map.hovered]]
    note.textContent = [one?.note, group?.name].filter(Boolean).join(" · ")
    const [x, y] = map.on.to(points[2 * map.hovered], points[2 * map.hovered + 1])
    tip.style.left = `${Math.max(2, Math.min(map.width - tip.offsetWidth - 2, x - tip.offsetWidth / 2))}px`
    tip.style.top = `${y > tip.offsetHeight + 18 ? y - tip.offsetHeight - 14 : y + 16}px`
    said.textContent = one ? `${title.textContent}${note.textContent ? `, ${note.textContent}` : ""}. ${data.action}` : ""
  }
  const hover = (at) => {
    if (map.hovered === at) return
    map.hovered = at
    if (at === null) said.textContent = data.help
    redraw()
  }
  const pick = (at) => {
    if (at === null) return
    map.selected = at
    hover(null)
    redraw()
    setTriggerValue("picked", { version: map.version, point: at })
  }

  // The point under a place, or the picture that is drawn there.
  const under = (px, py, reach) => {
    let [best, least] = [null, reach * reach]
    for (let at = 0; at < map.codes.length; at += 1) {
      const [x, y] = map.on.to(points[2 * at], points[2 * at + 1])
      const apart = (x - px) ** 2 + (y - py) ** 2
      if (apart < least && (map.only === null || map.codes[at] === map.only)) [best, least] = [at, apart]
    }
    if (least <= 64 || !map.pictures) return best
    const covering = chosenPictures(map).find((at) => {
      const [x, y] = map.on.to(points[2 * at], points[2 * at + 1])
      return Math.abs(x - px) <= SIDE / 2 && Math.abs(y - py) <= SIDE / 2 && told.get(at)?.image
    })
    return covering ?? best
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  const zoom = (factor, px, py) => {
    const [x, y] = map.on.from(px, py)
    map.view.zoom = Math.min(60, Math.max(1, map.view.zoom * factor))
    if (map.view.zoom === 1) map.view = whole()
    else {
      map.on = projection(map.bounds, map.view, map.width, map.height)
      const [nx, ny] = map.on.from(px, py)
      map.view.x += x - nx
      map.view.y += y - ny
    }
    redraw()
  }

  const pointers = new Map()
  let moved = 0
  canvas.onpointerdown = (event) => {
    pointers.set(event.pointerId, at(event))
    moved = pointers.size > 1 ? 99 : 0
    try {
      canvas.setPointerCapture(event.pointerId)
    } catch {
      // the pointer is gone already
    }
  }
  canvas.onpointermove = (event) => {
    const here = at(event)
    const before = pointers.get(event.pointerId)
    if (!before) {
      if (event.pointerType !== "touch") hover(under(...here, 16))
      return
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId)
    if (others.length) {
      const [, other] = others[0]
      const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1])
      zoom(apart(here) / Math.max(1, apart(before)), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2)
    } else {
      moved += Math.hypot(here[0] - before[0], here[1] - before[1])
      if (map.view.zoom > 1 && moved > 4) {
        map.view.x -= (here[0] - before[0]) / map.on.unit
        map.view.y += (here[1] - before[1]) / map.on.unit
        redraw()
      }
    }
    pointers.set(event.pointerId, here)
  }
  canvas.onpointerup = (event) => {
    pointers.delete(event.pointerId)
    if (moved > 4) return
    const touched = event.pointerType === "touch"
    const found = under(...at(event), touched ? 26 : 16)
    // A finger does not hover: its first touch tells, the second chooses.
    if (touched && found !== map.hovered) hover(found)
    else pick(found)
  }
  canvas.onpointercancel = (event) => pointers.delete(event.pointerId)
  canvas.onpointerleave = (event) => event.pointerType === "touch" || hover(null)
  canvas.onwheel = (event) => {
    if (map.view.zoom === 1 && event.deltaY > 0) return // the page scrolls
    event.preventDefault()
    zoom(Math.exp(-event.deltaY / 320), ...at(event))
  }
  const towards = (dx, dy) => {
    const start = map.hovered ?? map.selected ?? data.marks[0]?.[0] ?? 0
    if (map.hovered === null && map.selected === null) return hover(start)
    let [best, least] = [null, Infinity]
    for (let other = 0; other < map.codes.length; other += 1) {
      const x = points[2 * other] - points[2 * start]
      const y = points[2 * other + 1] - points[2 * start + 1]
      const along = x * dx + y * dy
      const aside = Math.abs(x * dy - y * dx)
      if (other === start || along <= 0 || aside > along * 1.2) continue
      if (along + 2 * aside < least) [best, least] = [other, along + 2 * aside]
    }
    if (best !== null) hover(best)
  }
  canvas.onkeydown = (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
    const middle = [map.width / 2, map.height / 2]
    if (ways[event.key]) towards(...ways[event.key])
    else if (event.key === "Enter" || event.key === " ") pick(map.hovered)
    else if (event.key === "+" || event.key === "=") zoom(1.5, ...middle)
    else if (event.key === "-") zoom(1 / 1.5, ...middle)
    else if (event.key === "Escape") hover(null)
    else return
    event.preventDefault()
  }
  const [nearer, farther, reset, pictures] = find(".tools").children
  nearer.onclick = () => zoom(1.6, map.width / 2, map.height / 2)
  farther.onclick = () => zoom(1 / 1.6, map.width / 2, map.height / 2)
  reset.onclick = () => {
    map.view = whole()
    redraw()
  }
  pictures.setAttribute("aria-pressed", String(map.pictures))
  pictures.onclick = () => {
    map.pictures = !map.pictures
    pictures.setAttribute("aria-pressed", String(map.pictures))
    redraw()
  }
  canvas.setAttribute("aria-label", data.label)
  said.textContent = data.help
  const ramp = find(".ramp")
  ramp.hidden = !data.ramp
  ramp.querySelector("i").style.background = `linear-gradient(90deg, ${lookOf(0, { ramp: true }, map.theme).colour}, ${map.theme.accent})`
  find(".legend").replaceChildren(...(data.ramp ? [] : legendOf(data, map, redraw)))
  const watching = new ResizeObserver(redraw)
  watching.observe(stage)
  redraw()
  return () => {
    clearTimeout(asking)
    clearTimeout(again)
    cancelAnimationFrame(frame)
    watching.disconnect()
  }
}
