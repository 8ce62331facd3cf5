// Two pictures laid over each other: a slider between them, blinking, or what differs.
const timers = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  const stage = parentElement.querySelector(".stage")
  const [below, above] = stage.querySelectorAll("img")
  const edge = stage.querySelector(".edge")
  const range = parentElement.querySelector("input[type=range]")
  const note = parentElement.querySelector("p")
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  stage.style.aspectRatio = `${data.width} / ${data.height}`
  below.src = data.first
  below.alt = data.first_alt

  const stopBlinking = () => {
    clearInterval(timers.get(parentElement))
    timers.delete(parentElement)
  }
  const reveal = () => {
    const share = Number(range.value)
    above.style.clipPath = `inset(0 0 0 ${share}%)`
    edge.style.left = `${share}%`
  }
  const show = (mode) => {
    stopBlinking()
    above.style.opacity = 1
    above.style.clipPath = "none"
    range.hidden = edge.hidden = mode !== "slider"
    above.src = mode === "difference" ? data.difference : data.second
    above.alt = mode === "difference" ? data.difference_alt : data.second_alt
    note.textContent = data.notes[mode]
    if (mode === "slider") reveal()
    if (mode === "blink") {
      let on = true
      const flip = () => {
        on = !on
        above.style.opacity = on ? 1 : 0
      }
      if (calm) stage.onclick = flip
      else timers.set(parentElement, setInterval(flip, 700))
    } else {
      stage.onclick = null
    }
  }
  range.oninput = reveal
  for (const radio of parentElement.querySelectorAll("input[type=radio]")) {
    radio.onchange = () => show(radio.value)
    if (radio.checked) show(radio.value)
  }
  return stopBlinking
}
