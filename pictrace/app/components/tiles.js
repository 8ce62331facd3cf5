// Pictures to choose from: one button each.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const row = parentElement.querySelector("ul")
  row.className = data.large ? "large" : ""
  row.setAttribute("aria-label", data.label)
  row.replaceChildren(
    ...data.items.map((item) => {
      const entry = document.createElement("li")
      const button = document.createElement("button")
      button.type = "button"
      button.title = item.label
      button.onclick = () => {
        setTriggerValue("picked", item.id)
        if (window.innerWidth <= 640) {
          // In one column, what is told of the chosen one lies elsewhere on the page.
          const told = document.querySelector(".st-key-chosen")
          if (told) setTimeout(() => told.scrollIntoView({ behavior: "smooth", block: "start" }), 250)
        }
      }
      const picture = document.createElement("img")
      picture.src = item.src
      picture.alt = item.alt
      const label = document.createElement("span")
      label.textContent = item.label
      button.append(picture, label)
      entry.append(button)
      return entry
    }),
  )
}
