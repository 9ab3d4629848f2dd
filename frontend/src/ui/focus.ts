/** Leads the eye and the keyboard to the first field that is marked as wrong, once it is drawn. */
export function focusFirstInvalid(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  });
}

/**
 * Where the keyboard goes back to when what opens now is closed: the element in use, or for an entry of a menu,
 * which is gone by then, the button of the menu.
 */
export function placeOfFocus(): HTMLElement | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return null;
  const menu = active.closest('[role="menu"]')?.getAttribute("aria-labelledby");
  return menu ? document.getElementById(menu) : active;
}

/** Gives the keyboard back to where it was, or to the page when that place is gone. */
export function focusAgain(place: HTMLElement | null): void {
  if (place?.isConnected && place.getClientRects().length > 0) place.focus();
  else document.getElementById("content")?.focus({ preventScroll: true });
}

/**
 * Marks the document with what was used last. The browser alone cannot tell: where the keyboard was led into the page
 * by us, as after each load, it takes the next click for one of the keyboard and draws a ring.
 */
export function noteWhatIsUsed(root: HTMLElement = document.documentElement): void {
  root.addEventListener("pointerdown", () => root.setAttribute("data-pointer", ""), true);
  root.addEventListener("keydown", () => root.removeAttribute("data-pointer"), true);
}

/** Leads the keyboard into a part of the page: to the first thing in it that is shown and takes keys. */
export function focusFirstField(part: HTMLElement): void {
  const fields = part.querySelectorAll<HTMLElement>("input, button, textarea, [tabindex='0']");
  [...fields].find((field) => field.getClientRects().length > 0)?.focus();
}
