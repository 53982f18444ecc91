// What Python's checks ask of a page: `ask(page, "headings")` calls one of these.
({
  // Parts that every question may use.
  say(element) {
    const name = (element.innerText || element.getAttribute("aria-label") ||
      element.getAttribute("name") || element.id || "").trim().replace(/\s+/g, " ");
    return `<${element.localName}> '${name.slice(0, 50)}'`;
  },

  // Whether a person sees it: not hidden, and not shrunk to a point for screen readers.
  isSeen(element) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) {
      return false;
    }
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      const clips = style.overflowX !== "visible" || style.clipPath !== "none" ||
        style.clip !== "auto";
      const box = each.getBoundingClientRect();
      if (clips && (box.width <= 2 || box.height <= 2)) return false;
      if (style.clipPath.startsWith("inset(50%")) return false;
      if (style.clip.startsWith("rect(0px, 0px") || style.clip.startsWith("rect(1px, 1px")) {
        return false;
      }
    }
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right + scrollX > 0 && box.bottom + scrollY > 0;
  },

  canTakeTab(element) {
    if (element.disabled || element.tabIndex < 0) return false;
    if (element.localName === "input" && element.type === "hidden") return false;
    return element.checkVisibility({ visibilityProperty: true });
  },

  stops() {
    const wanted = "a[href], button, input, select, textarea, summary, [tabindex]";
    return [...document.querySelectorAll(wanted)].filter((each) => this.canTakeTab(each));
  },

  // The text nodes that a person sees, each with its element.
  texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.trim() && this.isSeen(node.parentElement)) found.push(node);
    }
    return found;
  },

  luminance(colour) {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    if (alpha === 0) return null;
    const linear = (value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  },

  // Questions.
  headings() {
    return [...document.querySelectorAll("h1, h2, h3, h4, h5, h6, [role=heading]")]
      .filter((each) => each.checkVisibility())
      .map((each) => [Number(each.getAttribute("aria-level") || each.localName[1]),
        each.textContent.trim()]);
  },

  pictures() {
    return [...document.images].filter((each) =>
      !each.hasAttribute("alt") || !each.getAttribute("width") || !each.getAttribute("height")
    ).map((each) => each.outerHTML.slice(0, 120));
  },

  liveRegions() {
    const wanted = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], " +
      "[role=log], [role=timer], output";
    return [...document.querySelectorAll(wanted)].map((each) => each.outerHTML.slice(0, 120));
  },

  fields() {
    const wanted = "input:not([type=hidden]), select, textarea";
    return [...document.querySelectorAll(wanted)].filter((each) => this.isSeen(each))
      .map((each) => ({
        name: each.name,
        labels: [...each.labels].map((label) => label.innerText.trim()),
        isInvalid: each.getAttribute("aria-invalid") === "true" && this.leadsItsGroup(each),
        id: each.id,
        notes: [each, each.closest("fieldset")].filter(Boolean)
          .flatMap((it) => (it.getAttribute("aria-describedby") || "").split(/\s+/))
          .filter(Boolean).map((id) => document.getElementById(id)?.textContent.trim() ?? null),
      }));
  },

  // The first of some radio buttons stands for all: an error is about the question.
  leadsItsGroup(field) {
    return field.type !== "radio" || document.getElementsByName(field.name)[0] === field;
  },

  unlikeTheAddress() {
    return [...document.querySelectorAll("main a[href^=http]")]
      .filter((each) => each.host !== location.host && each.checkVisibility())
      .filter((each) => !each.textContent.includes(each.getAttribute("href")))
      .filter((each) => {
        const after = getComputedStyle(each, "::after").content;
        return !after.includes(each.getAttribute("href"));
      }).map((each) => this.say(each));
  },

  // Text that does not stand out from the nearest background colour behind it.
  faint() {
    return this.texts().filter((node) => {
      const text = this.luminance(getComputedStyle(node.parentElement).color);
      let behind = null;
      for (let each = node.parentElement; each && behind === null; each = each.parentElement) {
        behind = this.luminance(getComputedStyle(each).backgroundColor);
      }
      behind ??= this.luminance("Canvas");
      const [dark, light] = [text, behind].sort((one, two) => one - two);
      return (light + 0.05) / (dark + 0.05) < 4.5;
    }).map((node) => this.say(node.parentElement));
  },

  motions() {
    const running = document.getAnimations().map((each) =>
      `runs ${each.animationName || each.transitionProperty || "an animation"}`);
    const moving = [...document.querySelectorAll("*")].filter((each) => {
      const style = getComputedStyle(each);
      const seconds = `${style.transitionDuration},${style.animationDuration}`;
      const longest = Math.max(...seconds.split(",").map((part) => parseFloat(part) || 0));
      return longest > 0.01 || style.scrollBehavior === "smooth";
    }).map((each) => `${this.say(each)} would move`);
    return [...running, ...moving];
  },

  printed() {
    const wrong = [];
    const gone = "nav, [role=search], search, form, button, input, textarea";
    for (const each of document.querySelectorAll(gone)) {
      if (this.isSeen(each)) wrong.push(`${this.say(each)} is printed`);
    }
    // Browsers print text and leave out backgrounds.
    for (const node of this.texts()) {
      const light = this.luminance(getComputedStyle(node.parentElement).color);
      if (light > 0.183) wrong.push(`${this.say(node.parentElement)} is pale on paper`);
    }
    for (const each of document.querySelectorAll("*")) {
      const light = this.luminance(getComputedStyle(each).backgroundColor);
      if (light !== null && light < 0.5 && this.isSeen(each)) {
        wrong.push(`${this.say(each)} has a dark background`);
      }
    }
    return wrong;
  },
})
