// Where the keyboard is, and how it shows: part of page.js's questions.
({
  look(element) {
    const style = getComputedStyle(element);
    const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 &&
      this.luminance(style.outlineColor) !== null;
    return {
      outline: hasOutline,
      rest: [style.boxShadow, style.backgroundColor, style.borderColor, style.borderWidth,
        style.textDecorationLine, style.textDecorationThickness].join("|"),
    };
  },

  // Tab stops once at a group of radio buttons, and the arrows move within it: at the
  // chosen one, or at the first where none is.
  isTheStopOfItsGroup(element) {
    if (element.type !== "radio" || !element.form) return true;
    const group = [...element.form.elements].filter(
      (each) => each.type === "radio" && each.name === element.name,
    );
    return element === (group.find((each) => each.checked) || group[0]);
  },

  // The keyboard starts from the top, wherever the page has put it.
  fromTheTop() {
    const top = document.documentElement;
    top.tabIndex = -1;
    top.focus();
    top.blur();
    top.removeAttribute("tabindex");
  },

  // Number the stops in the order of the document, and keep how they look at rest.
  prepare() {
    this.fromTheTop();
    window.stopsInOrder = this.stops().filter((each) => this.isTheStopOfItsGroup(each));
    window.looksAtRest = window.stopsInOrder.map((each) => this.look(each));
    return window.stopsInOrder.map((each) => this.say(each));
  },

  stop() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) {
      return null;
    }
    const index = window.stopsInOrder.indexOf(element);
    const now = this.look(element);
    const atRest = window.looksAtRest[index];
    const box = element.getBoundingClientRect();
    const part = element.getClientRects()[0] || box;
    const left = Math.max(part.left, 0), right = Math.min(part.right, innerWidth);
    const top = Math.max(part.top, 0), bottom = Math.min(part.bottom, innerHeight);
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const isOnScreen = right - left > 1 && bottom - top > 1;
    const related = middle && (element.contains(middle) || middle.contains(element) ||
      [...(element.labels || [])].some((label) => label.contains(middle)));
    return {
      index,
      name: this.say(element),
      hasOutline: now.outline,
      looksDifferent: !atRest || now.rest !== atRest.rest,
      isOnScreen,
      isCovered: isOnScreen && !(related && middle !== document.body &&
        middle !== document.documentElement),
      covering: middle ? this.say(middle) : "nothing",
      top: box.top + scrollY,
      bottom: box.bottom + scrollY,
    };
  },
})
